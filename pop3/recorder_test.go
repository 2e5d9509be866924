package pop3_test

import (
	"context"
	"slices"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// A recordStore records what is retrieved from its maildrops.
type recordStore struct {
	*pop3test.Store
	fetched []int
}

func (s *recordStore) Open(ctx context.Context, user string) (pop3.Maildrop, error) {
	m, err := s.Store.Open(ctx, user)
	return recordMaildrop{m, s}, err
}

type recordMaildrop struct {
	pop3.Maildrop
	store *recordStore
}

func (m recordMaildrop) Retrieved(n int) { m.store.fetched = append(m.store.fetched, n) }

// A message is retrieved by RETR, and by a TOP of all its lines. It is not by a part of it, nor by
// a reply that failed.
func TestRecorder(t *testing.T) {
	store := &recordStore{Store: sampleStore()}
	server := newServer(store.Store)
	server.Store = store
	c := talkPipe(t, server)
	c.logIn()
	for _, line := range []string{"RETR 2", "TOP 3 0", "TOP 1 99999999", "RETR 2"} {
		c.say(line)
		c.multi()
	}
	store.SetFaults(pop3test.Faults{ReadAfter: 20})
	c.say("RETR 3", "RETR 9", "QUIT")
	c.want("-ERR")
	c.want("-ERR")
	c.want("+OK")
	c.end()
	if want := []int{2, 1, 2}; !slices.Equal(store.fetched, want) {
		t.Errorf("fetched %v, want %v", store.fetched, want)
	}
}

// A message is also retrieved if its header was rewritten, or has octets in an unknown character
// set. This is how clients without UTF8 retrieve it.
func TestRecorderOfRewritten(t *testing.T) {
	store := &recordStore{Store: sampleStore()}
	store.Deliver("dora", "Subject: Gr\xfc\xdfe\n\nbody\n")
	server := newServer(store.Store)
	server.Store = store
	c := talkPipe(t, server)
	c.say("USER dora", "PASS ein Gruß")
	c.want("+OK")
	c.want("+OK")
	for _, line := range []string{"RETR 1", "TOP 1 0", "TOP 1 99999999", "RETR 2"} {
		c.say(line)
		c.multi()
	}
	store.SetFaults(pop3test.Faults{ReadAfter: 60})
	c.say("RETR 1", "QUIT")
	c.want("-ERR")
	c.want("+OK")
	c.end()
	if want := []int{1, 1, 2}; !slices.Equal(store.fetched, want) {
		t.Errorf("fetched %v, want %v", store.fetched, want)
	}
}
