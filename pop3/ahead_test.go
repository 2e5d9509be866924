package pop3_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// An aheadStore is a store whose maildrops read ahead, and note it.
type aheadStore struct {
	pop3test.Store
	held  atomic.Bool  // something was read ahead, and not released
	calls atomic.Int64 // of BodyAhead
	most  atomic.Int64 // octets that it was given
}

func (s *aheadStore) Open(ctx context.Context, user string) (pop3.Maildrop, error) {
	m, err := s.Store.Open(ctx, user)
	return aheadMaildrop{m, s}, err
}

type aheadMaildrop struct {
	pop3.Maildrop
	store *aheadStore
}

func (m aheadMaildrop) BodyAhead(n int, octets int64) (pop3.Body, error) {
	m.store.calls.Add(1)
	m.store.most.Store(max(m.store.most.Load(), octets))
	m.store.held.Store(true)
	return m.Maildrop.Body(n)
}

func (m aheadMaildrop) Rest() { m.store.held.Store(false) }

// A watched connection fails the test if something is read ahead while the session sends or waits.
type watched struct {
	net.Conn
	t     testing.TB
	store *aheadStore
}

func (w watched) Write(b []byte) (int, error) {
	if w.store.held.Load() {
		w.t.Error("something is read ahead while the session sends")
	}
	return w.Conn.Write(b)
}

func (w watched) Read(b []byte) (int, error) {
	if w.store.held.Load() {
		w.t.Error("something is read ahead while the session waits")
	}
	return w.Conn.Read(b)
}

// aheadSession logs in to a store with messages of many sizes.
func aheadSession(t *testing.T) (*client, *aheadStore) {
	store := new(aheadStore)
	for _, mail := range []string{
		large(100), large(4 << 10), large(4 << 10), large(20 << 10), large(100 << 10),
		strings.Repeat(".\n", 8<<10), // stuffed, it is larger than it is listed
		"Subject: " + strings.Repeat("ü ", 6<<10) + "\n\nrewritten\n",
	} {
		store.Deliver("anna", mail)
	}
	for range 300 { // listings do not fit into what is left
		store.Deliver("anna", "small\n")
	}
	near, far := pair(t)
	c := talk(t, context.Background(), newServer(store), near, watched{far, t, store})
	c.logIn()
	return c, store
}

// What was read ahead is released before the session sends or waits, whatever the commands are:
// that may take as long as the client likes.
func TestNothingIsReadAheadForLong(t *testing.T) {
	t.Parallel()
	c, store := aheadSession(t)
	rng := rand.New(rand.NewPCG(1, 2))
	commands := []string{"RETR %d", "RETR %d", "RETR %d", "RETR %d", "TOP %d 1", "TOP %d 99999999", "LIST", "UIDL", "LIST %d", "STAT", "NOOP", "CAPA", "RETR 999", "RETR 0", "RSET"}
	for range 60 {
		var batch []string
		for range 1 + rng.IntN(40) {
			command := commands[rng.IntN(len(commands))]
			if strings.Contains(command, "%") {
				command = fmt.Sprintf(command, 1+rng.IntN(7))
			}
			batch = append(batch, command)
		}
		c.say(batch...)
		for _, command := range batch {
			switch verb, _, word := strings.Cut(command, " "); {
			case command == "RETR 999" || command == "RETR 0":
				c.want("-ERR")
			case verb == "RETR" || verb == "TOP" || verb == "CAPA" || !word && (verb == "LIST" || verb == "UIDL"):
				c.multi()
			default:
				c.want("+OK")
			}
		}
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
	if store.calls.Load() == 0 {
		t.Error("nothing was read ahead")
	}
}

// Replies that do not fit behind messages are sent without anything that was read ahead.
func TestReadAheadBeforeErrors(t *testing.T) {
	t.Parallel()
	c, _ := aheadSession(t)
	const errors = 40
	c.say(strings.Repeat("RETR 4\r\n", 3) + strings.Repeat("RETR 1\r\n", 5) + strings.Repeat("RETR 999\r\n", errors-1) + "RETR 999")
	for range 3 + 5 {
		c.multi()
	}
	for range errors {
		c.want("-ERR")
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

// Only if the next command has arrived is something read ahead, and no more than the buffer holds.
func TestReadAheadIfPipelined(t *testing.T) {
	t.Parallel()
	c, store := aheadSession(t)
	for n := range 3 {
		c.say(fmt.Sprintf("RETR %d", n+1))
		c.multi()
	}
	if n := store.calls.Load(); n != 0 {
		t.Errorf("%d messages were read ahead for single commands", n)
	}
	c.say("RETR 1", "RETR 2", "RETR 3", "NOOP")
	for range 3 {
		c.multi()
	}
	c.want("+OK")
	if calls, most := store.calls.Load(), store.most.Load(); calls != 3 || most <= 0 || most > pop3.WideSize {
		t.Errorf("%d messages were read ahead, of %d octets at most", calls, most)
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}
