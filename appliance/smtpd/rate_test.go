package smtpd_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowSenderIsServed: a camera on a bad network needs an hour for its message.
func TestSlowSenderIsServed(t *testing.T) {
	// The minimum for the time between two pieces.
	piece := strings.Repeat(strings.Repeat("x", 62)+"\r\n", 2*60)
	whole := "Subject: x\r\n\r\n" + strings.Repeat(piece, 30)
	for _, tt := range []struct{ name, before, content string }{
		{"content", untilData, whole + ".\r\n"},
		{"a chunk", fmt.Sprintf("HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nBDAT %d LAST\r\n", len(whole)), whole},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(backend)
				server, _ := newServer(h)
				c := call(t, t.Context(), server, false)
				c.expects("220")
				c.says(tt.before)
				c.expects("250", "250", "250")
				if strings.HasSuffix(tt.before, "DATA\r\n") {
					c.expects("354")
				}
				for rest := tt.content; rest != ""; {
					time.Sleep(2 * time.Minute)
					n := min(len(rest), len(piece))
					c.says(rest[:n])
					rest = rest[n:]
				}
				c.expects("250 2.0.0")
				if len(h.messages()) != 1 || !strings.HasSuffix(h.messages()[0].wire, whole+".\r\n") {
					t.Errorf("kept %q", h.show())
				}
				c.says("QUIT\r\n")
				c.expects("221")
				if err := c.ends(time.Now(), 0); err != nil {
					t.Errorf("ServeConn: %v", err)
				}
			})
		})
	}
}

// TestTricklingSenderIsCut: a client whose content arrives too slowly is cut in minutes, whatever
// it sent before and however the content is divided into chunks and commands.
func TestTricklingSenderIsCut(t *testing.T) {
	chunks := "HELO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\n"
	large := strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 900)
	for _, tt := range []struct {
		name, before, replies string
		piece                 string
		every                 time.Duration
		after                 time.Duration // at most
	}{
		{"an octet a minute", untilData, "250 250 250 354", "x", time.Minute, 5 * time.Minute},
		{"a fast beginning", untilData + large, "250 250 250 354", "x", 4*time.Minute - time.Second, 5 * time.Minute},
		{"half the rate", untilData, "250 250 250 354", strings.Repeat("x", 32), time.Second, 9 * time.Minute},
		{"a fast beginning, then half the rate", untilData + large, "250 250 250 354", strings.Repeat("x", 32), time.Second, 9 * time.Minute},
		{"chunks of one octet", chunks + "BDAT 1\r\nx", "250 250 250 250", "BDAT 1\r\nx", time.Minute, 5 * time.Minute},
		{"commands between chunks", chunks + "BDAT 1\r\nx", "250 250 250 250", "NOOP " + strings.Repeat("x", 1900) + "\r\n", 20 * time.Second, 5 * time.Minute},
		{"a chunk that is refused", "HELO client\r\nBDAT 1000\r\n", "250", "x", time.Minute, 5 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(backend)
				server, _ := newServer(h)
				c := call(t, t.Context(), server, false)
				c.expects("220")
				go c.conn.Write([]byte(tt.before))
				c.expects(strings.Fields(tt.replies)...)
				synctest.Wait()
				begin := time.Now()
				stopped := make(chan struct{})
				go func() {
					defer close(stopped)
					for err := error(nil); err == nil; {
						time.Sleep(tt.every)
						_, err = c.conn.Write([]byte(tt.piece))
					}
				}()
				for line := ""; !strings.HasPrefix(line, "421 4.4.2"); {
					var err error
					if line, err = c.in.ReadString('\n'); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(begin); took > tt.after {
					t.Errorf("it was cut after %v, want %v at most", took, tt.after)
				}
				<-c.over
				if len(h.messages()) != 0 || h.begun != h.ended {
					t.Errorf("%d deliveries begun, %d ended, kept %q", h.begun, h.ended, h.show())
				}
				<-stopped
			})
		})
	}
}

// TestSlowServerCostsNoCredit: the time in which the server writes does not count against the
// client.
func TestSlowServerCostsNoCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &backend{writing: func() { time.Sleep(20 * time.Minute) }}
		server, _ := newServer(h)
		c := call(t, t.Context(), server, false)
		c.expects("220")
		go c.conn.Write([]byte(untilData + "Subject: x\r\n\r\n" + strings.Repeat("x", 100<<10) + "\r\n.\r\nQUIT\r\n"))
		c.expects("250", "250", "250", "354", "250 2.0.0", "221")
		<-c.over
	})
}
