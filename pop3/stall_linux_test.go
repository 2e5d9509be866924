package pop3_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// A stall is a session whose client has requested a large message and reads nothing of it.
type stall struct {
	*client
	store  *pop3test.Store
	server *pop3.Server
	mail   string
	far    interface {
		CloseRead() error
		CloseWrite() error
	}
}

// stalled returns one that is parked. The message is in a file or in memory; more commands follow
// the RETR.
func stalled(t *testing.T, ctx context.Context, inFile bool, limits pop3.Limits, more ...string) *stall {
	return stalledOn(t, ctx, inFile, large(1<<20), limits, more...)
}

// stalledOn is stalled with a message of its own.
func stalledOn(t *testing.T, ctx context.Context, inFile bool, mail string, limits pop3.Limits, more ...string) *stall {
	s := &stall{store: new(pop3test.Store), server: parking(t), mail: mail}
	if inFile {
		s.store.InFile(t)
	}
	s.store.Deliver("anna", s.mail)
	s.server.Store, s.server.Limits = s.store, limits
	near, far := pair(t)
	near.SetReadBuffer(64 << 10)
	far.SetWriteBuffer(64 << 10)
	s.far = far
	s.client = talk(t, ctx, s.server, near, far)
	s.logIn()
	s.say(append([]string{"RETR 1"}, more...)...)
	s.await()
	return s
}

// await returns when the session is parked in the middle of a message, which holds a body: it is
// parked before the command arrives, too. It also returns if the session has ended, which a busy
// machine may see first.
func (s *stall) await() {
	s.t.Helper()
	await(s.t, "a parked download", func() bool {
		return s.store.Held() != 0 && s.server.Parked() != 0 || len(s.over) != 0
	})
}

// A download whose client does not read is parked. If the client continues to read, it gets all of
// it, and the commands that follow are answered.
func TestStalledDownloadContinues(t *testing.T) {
	for name, inFile := range map[string]bool{"by sendfile": true, "by the buffer": false} {
		t.Run(name, func(t *testing.T) {
			s := stalled(t, context.Background(), inFile, pop3.Limits{}, "STAT", "RETR 1", "QUIT")
			if got := s.multi(); got != s.mail {
				t.Errorf("got %d octets, want the mail of %d", len(got), len(s.mail))
			}
			s.want("+OK 1 ")
			s.await()
			if got := s.multi(); got != s.mail {
				t.Errorf("got %d octets, want the mail of %d", len(got), len(s.mail))
			}
			s.want("+OK")
			if err := s.end(); err != nil {
				t.Errorf("ServeConn = %v", err)
			}
			if held := s.store.Held(); held != 0 {
				t.Errorf("%d bodies are held", held)
			}
		})
	}
}

// A download whose header was rewritten is parked after it like any other.
func TestStalledRewrittenDownload(t *testing.T) {
	for name, inFile := range map[string]bool{"by sendfile": true, "by the buffer": false} {
		t.Run(name, func(t *testing.T) {
			text := "\r\n" + large(1<<20)
			s := stalledOn(t, context.Background(), inFile, "Subject: ü\r\n"+text, pop3.Limits{}, "STAT", "QUIT")
			if got, want := s.multi(), "Subject: =?utf-8?q?=C3=BC?=\r\n"+text; got != want {
				t.Errorf("got %d octets, want %d", len(got), len(want))
			}
			s.want("+OK 1 ")
			s.want("+OK")
			if err := s.end(); err != nil {
				t.Errorf("ServeConn = %v", err)
			}
			if held := s.store.Held(); held != 0 {
				t.Errorf("%d bodies are held", held)
			}
		})
	}
}

// What ends a download ends a parked one, too: then nothing of the message is held, and no dot was
// sent.
func TestStalledDownloadEnds(t *testing.T) {
	for name, inFile := range map[string]bool{"by sendfile": true, "by the buffer": false} {
		for _, tt := range []struct {
			name   string
			limits pop3.Limits
			does   func(s *stall)
			want   string // of the error of ServeConn
		}{
			{"too slow", pop3.Limits{Idle: time.Second}, func(*stall) {}, "pop3: the client does not take what it asked for"},
			{"cut", pop3.Limits{}, func(s *stall) { s.far.CloseRead(); s.far.CloseWrite() }, "broken pipe"},
			{"left", pop3.Limits{}, func(s *stall) { s.conn.Close() }, ""},
		} {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				s := stalled(t, context.Background(), inFile, tt.limits, "DELE 1", "QUIT")
				tt.does(s)
				if err := <-s.over; err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("ServeConn = %v, want %q", err, tt.want)
				}
				if rest, _ := io.ReadAll(s.in); strings.Contains(string(rest), "\r\n.\r\n") {
					t.Error("a message that was not sent whole was ended by the dot")
				}
				if held, opened, left := s.store.Held(), s.store.Opened(), len(s.store.UIDs("anna")); held != 0 || opened != 0 || left != 1 {
					t.Errorf("%d bodies and %d maildrops are held, %d messages left", held, opened, left)
				}
			})
		}
	}
}

// When the server stops, a parked download is completed; the command that follows is not executed.
func TestStopLetsStalledDownloadFinish(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	s := stalled(t, ctx, true, pop3.Limits{}, "DELE 1", "QUIT")
	stop()
	if got := s.multi(); got != s.mail {
		t.Errorf("got %d octets, want the mail of %d", len(got), len(s.mail))
	}
	if err := s.end(); err == nil || err.Error() != "pop3: the server stops" {
		t.Errorf("ServeConn = %v", err)
	}
	if left := len(s.store.UIDs("anna")); left != 1 {
		t.Errorf("%d messages are left, want 1", left)
	}
}

// Replies that the client does not read are parked, and sent when there is room.
func TestStalledRepliesContinue(t *testing.T) {
	server := parking(t)
	store := new(pop3test.Store)
	mail := large(20 << 10)
	store.Deliver("anna", mail)
	server.Store = store
	near, far := pair(t)
	near.SetReadBuffer(64 << 10)
	far.SetWriteBuffer(64 << 10)
	c := talk(t, context.Background(), server, near, far)
	c.logIn()
	const replies = 100
	for range replies {
		c.say("RETR 1")
		awaitParked(t, server, 1) // from the first on that has no room, it does not move
	}
	for range replies {
		if got := c.multi(); got != mail {
			t.Fatalf("got %d octets, want the mail of %d", len(got), len(mail))
		}
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}
