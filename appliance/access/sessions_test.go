package access

import (
	"slices"
	"testing"
)

// A hall is a table with the sessions that are in it.
type hall struct {
	*Table
	t      *testing.T
	ended  []Client // which sessions had to end, in this order
	prompt bool     // they leave at once
}

func newHall(t *testing.T, sessions int, known ...Client) *hall {
	h := &hall{Table: NewTable(), t: t}
	h.SetBounds(BoundsFor(sessions))
	for _, c := range known {
		h.makeKnown("anna", c)
	}
	return h
}

func (h *hall) come(c Client) (s *Session, refusal string) {
	s, refusal = h.Enter(c, func() {
		h.ended = append(h.ended, c)
		if h.prompt {
			s.Leave()
		}
	})
	return s, refusal
}

// all admits n sessions and returns them.
func (h *hall) all(n int, of func(n int) Client) (in []*Session) {
	h.t.Helper()
	for n := range n {
		s, refusal := h.come(of(n))
		if refusal != "" {
			h.t.Fatalf("session %d of %s: %s", n, of(n), refusal)
		}
		in = append(in, s)
	}
	return in
}

// logIn has sessions log in.
func logIn(in []*Session) {
	for _, s := range in {
		s.LoggedIn(Login{Account: "anna"})
	}
}

func always(c Client) func(int) Client { return func(int) Client { return c } }

// TestAdmission: which session makes room, and that those of a known client never do for a
// stranger's.
func TestAdmission(t *testing.T) {
	const sessions = 16 // 8 a client, 8 a known client and a /64, 12 over local sockets
	anna, otto, mallory := at("192.168.1.2"), at("192.168.1.3"), at("10.9.9.9")
	phone := neighbour(1)
	local, nobody := LocalUser(100), LocalUser(65534)
	tests := []struct {
		name    string
		fill    func(h *hall)
		comes   Client
		refusal string
		ended   []Client
	}{
		{"the oldest of strangers with one each", func(h *hall) { h.all(16, street) }, anna, "", []Client{street(0)}},
		{"the oldest of the stranger with the most", func(h *hall) {
			h.all(13, street)
			h.all(3, always(mallory))
		}, otto, "", []Client{mallory}},
		{"a stranger, however many sessions the known clients have", func(h *hall) {
			h.all(8, always(anna))
			h.all(7, always(otto))
			h.all(1, always(mallory))
		}, street(7), "", []Client{mallory}},
		{"none of a known client for a stranger", func(h *hall) {
			h.all(8, always(anna))
			h.all(8, always(otto))
		}, street(7), RefusedFull, nil},
		{"one of the known client with the most for a known client", func(h *hall) {
			h.all(8, always(anna))
			h.all(7, always(otto))
			h.all(1, always(phone))
			h.makeKnown("anna", phone)
			h.makeKnown("anna", mallory)
		}, mallory, "", []Client{anna}},
		{"the oldest of the same client, at its bound", func(h *hall) {
			h.all(8, always(mallory))
		}, mallory, "", []Client{mallory}},
		{"none that has logged in", func(h *hall) {
			logIn(h.all(8, always(mallory)))
		}, mallory, RefusedClient, nil},
		{"the first that has not logged in", func(h *hall) {
			h.all(4, street)
			logIn(h.all(6, always(mallory)))
			h.all(6, func(n int) Client { return street(100) })
		}, anna, "", []Client{street(100)}},
		{"another of the same /64, at its bound", func(h *hall) {
			h.all(8, func(n int) Client { return neighbour(10 + n) })
		}, neighbour(9), "", []Client{neighbour(10)}},
		{"none of a /64 for a known client in it", func(h *hall) {
			h.makeKnown("anna", phone)
			h.all(8, always(neighbour(10)))
		}, phone, "", nil},
		{"one of a full /64 before those of other strangers", func(h *hall) {
			h.all(8, street)
			h.all(8, func(n int) Client { return neighbour(10 + n) })
		}, otto, "", []Client{neighbour(10)}},
		{"a local session for another user at the bound of local sockets", func(h *hall) {
			h.all(8, always(nobody))
			h.all(4, always(local))
		}, LocalUser(7), "", []Client{nobody}},
		{"no local session for the network below the bound of all", func(h *hall) {
			h.all(8, always(nobody))
			h.all(4, always(local))
		}, mallory, "", nil},
		{"a local session for a known client in a full server", func(h *hall) {
			h.all(8, always(nobody))
			h.all(4, always(local))
			h.all(4, street)
		}, anna, "", []Client{nobody}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHall(t, sessions, anna, otto)
			test.fill(h)
			_, refusal := h.come(test.comes)
			if refusal != test.refusal || !slices.Equal(h.ended, test.ended) {
				t.Errorf("%q, ended %v; want %q, %v", refusal, h.ended, test.refusal, test.ended)
			}
		})
	}
}

// TestSilentNeighbour: 32 silent connections of one device shut out no other client of its /64,
// known or not.
func TestSilentNeighbour(t *testing.T) {
	phone, laptop := neighbour(1), neighbour(2)
	h := newHall(t, 256, phone)
	h.all(mostPerClient, always(neighbour(0xbad)))
	for _, c := range []Client{phone, laptop} {
		if _, refusal := h.come(c); refusal != "" {
			t.Errorf("%s: %s", c, refusal)
		}
	}
	if len(h.ended) != 0 {
		t.Errorf("%v had to end", h.ended)
	}
}

// 256 connections of one local user leave the network as good as alone.
func TestLocalUsersShutOutNobody(t *testing.T) {
	h := newHall(t, 256)
	h.prompt = true
	h.all(256, always(LocalUser(65534))) // at its bound its own oldest makes room
	if n := h.sessions.local; n != mostPerClient {
		t.Errorf("one user has %d sessions", n)
	}
	h.all(300, func(n int) Client { return LocalUser(uint32(n)) })
	h.ended = nil
	for n := range 64 { // the quarter that is kept for the network
		if _, refusal := h.come(street(n)); refusal != "" {
			t.Fatalf("client %d: %s", n, refusal)
		}
	}
	if len(h.ended) != 0 {
		t.Errorf("%d sessions had to end", len(h.ended))
	}
}

// TestOneAddressForAll: an owner and a guest can have one address: once the owner has logged in,
// the guest's silent sessions make room for the owner's, and those that have logged in stay.
func TestOneAddressForAll(t *testing.T) {
	gateway := at("172.17.0.1")
	h := newHall(t, 256, gateway)
	h.prompt = true
	family := h.all(4, always(gateway))
	logIn(family)
	h.all(500, always(gateway))
	if n := h.sessions.total; n != h.bounds.PerKnown {
		t.Errorf("%d sessions, want %d", n, h.bounds.PerKnown)
	}
	for _, s := range family {
		if s.element == nil {
			t.Error("a session that had logged in made room")
		}
	}
}

// TestSessionsThatAreEnding: a flood that comes faster than sessions end is refused, and known
// clients are not until as many again are ending. When all have left, nothing is counted.
func TestSessionsThatAreEnding(t *testing.T) {
	anna := at("192.168.1.2")
	h := newHall(t, 256, anna)
	b := h.bounds
	in := h.all(b.Sessions+b.leaving(false), street)
	if _, refusal := h.come(at("11.9.9.9")); refusal != RefusedFull {
		t.Errorf("one more stranger: %q", refusal)
	}
	more := b.leaving(true) - b.leaving(false)
	in = append(in, h.all(more, always(anna))...)
	if _, refusal := h.come(anna); refusal != RefusedFull {
		t.Errorf("one more of a known client: %q", refusal)
	}
	if len(h.ended) != b.leaving(true) {
		t.Errorf("%d were to end, want %d", len(h.ended), b.leaving(true))
	}
	in[0].Leave() // which had to end
	if s, refusal := h.come(anna); refusal != "" {
		t.Errorf("after one has left: %q", refusal)
	} else {
		in = append(in, s)
	}
	for _, s := range in[1:] {
		s.Leave()
	}
	if h.sessions.total != 0 || h.sessions.leaving != 0 || h.sessions.local != 0 || h.sessions.list.Len() != 0 {
		t.Errorf("%d sessions are counted, %d ending, %d local", h.sessions.total, h.sessions.leaving, h.sessions.local)
	}
	for _, e := range h.clients.entries {
		c, r := e.key, e.value
		if r.open != nil {
			t.Errorf("%s has something open", c)
		}
	}
	if len(h.clients.entries) > maxClients {
		t.Errorf("%d records are left", len(h.clients.entries))
	}
}

// A client that logs in while its sessions count for a /64 no longer counts there.
func TestBecomesKnown(t *testing.T) {
	h := newHall(t, 256)
	in := h.all(3, always(neighbour(1)))
	network, _ := neighbour(1).Network()
	if n := h.clients.of(network).open.sessions; n != 3 {
		t.Fatalf("the /64 has %d sessions", n)
	}
	h.makeKnown("anna", neighbour(1))
	if n := h.clients.of(network).open.sessions; n != 0 {
		t.Errorf("the /64 has %d sessions of strangers", n)
	}
	for _, s := range in {
		s.Leave()
	}
	if r := h.clients.of(network); r.open != nil {
		t.Errorf("the /64 has %d sessions at the end", r.open.sessions)
	}
}

func TestBoundsFor(t *testing.T) {
	for _, test := range []struct {
		sessions int
		want     Bounds
	}{
		{256, Bounds{256, 32, 128, 192, 128, 128, 192, 64, 16, 32, 48}},
		{2048, Bounds{2048, 32, 1024, 1536, 1024, 128, 1536, 64, 16, 32, 48}},
		{16, Bounds{16, 8, 8, 12, 8, 8, 12, 8, 4, 4, 6}},
	} {
		if got := BoundsFor(test.sessions); got != test.want {
			t.Errorf("for %d sessions: %+v, want %+v", test.sessions, got, test.want)
		}
	}
}

// TestSessionsOfAnAccount: one account takes at most half of the sessions, from however many
// addresses; its oldest session ends.
func TestSessionsOfAnAccount(t *testing.T) {
	one, two, otto := at("192.168.1.2"), at("192.168.1.3"), at("192.168.1.4")
	h := newHall(t, 16, one, two, otto)
	h.prompt = true
	logIn(h.all(8, always(one)))
	if len(h.ended) > 0 {
		t.Fatalf("%d sessions ended before the account had half of all", len(h.ended))
	}
	logIn(h.all(8, always(two)))
	if want := slices.Repeat([]Client{one}, 8); !slices.Equal(h.ended, want) {
		t.Errorf("the sessions of %v ended, want %v", h.ended, want)
	}
	if _, refusal := h.come(otto); refusal != "" {
		t.Errorf("another known client is refused: %s", refusal)
	}
}
