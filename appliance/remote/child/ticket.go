package child

import (
	"crypto/tls"
	"encoding/binary"
	"sync"

	"pillarbox/appliance/remote/link"
)

// A TLS session that goes on from an earlier one takes no certificates, which are most of what an
// idle poll costs on the line. A child ends with its session, so that the server keeps the tickets,
// in memory, and gives each child the one of its account. The certificates of the earlier session
// are part of it, and are verified again.

const (
	mostTicket  = 12 << 10 // octets; a chain of three certificates is about 4 KiB
	mostTickets = 32
)

// A ticket is a tls.ClientSessionCache of one session.
type ticket struct {
	mu    sync.Mutex
	state *tls.ClientSessionState
}

func (t *ticket) Get(string) (*tls.ClientSessionState, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state, t.state != nil
}

func (t *ticket) Put(_ string, state *tls.ClientSessionState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = state
}

// parseTicket returns the cache that octets of Ticket stand for; an empty one if they are damaged.
func parseTicket(b []byte) *ticket {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return &ticket{}
	}
	state, err := tls.ParseSessionState(b[used+int(n):])
	if err != nil {
		return &ticket{}
	}
	resumption, err := tls.NewResumptionState(b[used:used+int(n)], state)
	if err != nil {
		return &ticket{}
	}
	return &ticket{state: resumption}
}

// Ticket returns what a later session needs, nil if there is nothing.
func (t *ticket) Ticket() []byte {
	state, ok := t.Get("")
	if !ok {
		return nil
	}
	id, kept, err := state.ResumptionState()
	if err != nil || kept == nil {
		return nil
	}
	b, err := kept.Bytes()
	if err != nil || len(id)+len(b) > mostTicket {
		return nil
	}
	return append(append(binary.AppendUvarint(nil, uint64(len(id))), id...), b...)
}

// tickets are those that the server keeps.
type tickets struct {
	mu    sync.Mutex
	known map[string][]byte
}

// keyOf says which sessions a ticket is for.
func keyOf(t *link.Target) string {
	return t.Address + " " + t.Pin + " " + t.Bundle + " " + t.Login.User
}

// take returns a ticket, which is not used twice: a server can tell from it who comes.
func (t *tickets) take(key string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.known[key]
	delete(t.known, key)
	return b
}

// keep keeps a ticket.
func (t *tickets) keep(key string, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = make(map[string][]byte)
	}
	if len(b) > 0 && len(b) <= mostTicket+16 && len(t.known) < mostTickets {
		t.known[key] = b
	}
}
