package pop3_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// A stall is a session with a client that has asked for a large mail and reads nothing of it.
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

// stalled returns one that dozes. The mail is in a file or in memory; more commands are behind the RETR.
func stalled(t *testing.T, ctx context.Context, inFile bool, limits pop3.Limits, more ...string) *stall {
	s := &stall{store: new(pop3test.Store), server: dozing(t), mail: large(1 << 20)}
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

// await returns when it dozes in the middle of a mail, for it dozes before the command comes, too; or when it is over, which a
// busy machine may see first.
func (s *stall) await() {
	for (s.store.Held() == 0 || s.server.Dozing() == 0) && len(s.over) == 0 {
		runtime.Gosched()
	}
}

// A download whose client does not read dozes; it is sent whole to one that reads on, and what is behind it is answered.
func TestStalledDownloadGoesOn(t *testing.T) {
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

// What ends a download ends one that dozes, too: nothing of the mail is held then, and no dot was said.
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
					t.Error("a mail that was not sent whole was ended by the dot")
				}
				if held, opened, left := s.store.Held(), s.store.Opened(), len(s.store.UIDs("anna")); held != 0 || opened != 0 || left != 1 {
					t.Errorf("%d bodies and %d maildrops are held, %d mails left", held, opened, left)
				}
			})
		}
	}
}

// When the server stops, a download that dozes comes to its end; the command behind it is not run.
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
		t.Errorf("%d mails are left, want 1", left)
	}
}

// A reply that no client reads dozes at the end of its commands, and leaves when there is room.
func TestStalledRepliesGoOn(t *testing.T) {
	server := dozing(t)
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
		awaitNaps(server, 1) // from the first on that has no room, it does not move
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
