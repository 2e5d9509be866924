package pop3_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"pillarbox/pop3/pop3test"
)

// A client that writes a line in pieces waits for the acknowledgment of each. The server asks the
// kernel for it once a piece, and never when a line is whole.
func TestQuickAck(t *testing.T) {
	for _, tt := range []struct {
		name   string
		pieces []string
		code   string
	}{
		{"a whole line", []string{"NOOP\r\n"}, "+OK"},
		{"lines that come together", []string{"NOOP\r\nSTAT\r\n"}, "+OK"},
		{"a line", []string{"NO", "OP\r\n"}, "+OK"},
		{"a line and its end", []string{"NOOP", "\r\n"}, "+OK"},
		{"inside the line end", []string{"NOOP\r", "\n"}, "+OK"},
		{"behind a whole line", []string{"NOOP\r\nST", "AT\r\n"}, "+OK"},
		{"octets", []string{"N", "O", "O", "P", "\r", "\n"}, "+OK"},
	} {
		for transport, wrap := range map[string]func(*client){"TCP": func(*client) {}, "TLS": (*client).secure} {
			t.Run(tt.name+" over "+transport, func(t *testing.T) {
				server := newServer(sampleStore())
				server.TLS = pop3test.TLS(t, "pop3")
				server.SetParkAfter(time.Hour)
				var calls atomic.Int32
				server.SetQuickAck(func(int) error { calls.Add(1); return nil })
				near, far := pair(t)
				c := talk(t, context.Background(), server, near, far)
				wrap(c)
				c.logIn()
				for i, piece := range tt.pieces {
					c.sends(piece)
					if i < len(tt.pieces)-1 {
						await(t, "a call", func() bool { return calls.Load() > int32(i) })
					}
				}
				c.want(tt.code)
				if got, want := int(calls.Load()), len(tt.pieces)-1; got != want {
					t.Errorf("%d calls, want %d", got, want)
				}
				near.Close()
				<-c.over
			})
		}
	}
}

// It also does so for a response in an exchange.
func TestQuickAckInExchange(t *testing.T) {
	server := newServer(sampleStore())
	var calls atomic.Int32
	server.SetQuickAck(func(int) error { calls.Add(1); return nil })
	near, far := pair(t)
	c := talk(t, context.Background(), server, near, far)
	c.say("AUTH PLAIN")
	c.want("+ ")
	c.sends("AGFubmEAYSBz")
	await(t, "a call", func() bool { return calls.Load() == 1 })
	c.say("ZWNyZXQ=")
	c.want("+OK")
	if got := calls.Load(); got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
	near.Close()
	<-c.over
}
