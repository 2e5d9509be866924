package access

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
)

// shaking runs handshakes of silent clients.
type shaking struct {
	*Table
	t      *testing.T
	group  sync.WaitGroup
	silent []net.Conn
}

// begin begins one and returns where its error will be.
func (s *shaking) begin(c Client) *error {
	ours, theirs := net.Pipe()
	s.silent = append(s.silent, theirs)
	ended := new(error)
	s.group.Go(func() { *ended = s.Handshake(s.t.Context(), c, tls.Server(ours, &tls.Config{})) })
	synctest.Wait()
	return ended
}

func (s *shaking) end() {
	for _, conn := range s.silent {
		conn.Close()
	}
	s.group.Wait()
	if n := s.handshakes.list.Len(); n != 0 {
		s.t.Errorf("%d are under way at the end", n)
	}
	for _, e := range s.clients.entries {
		c, r := e.key, e.value
		if r.open != nil {
			s.t.Errorf("%s has something open at the end", c)
		}
	}
}

// Which handshake makes room.
func TestHandshakes(t *testing.T) {
	anna, otto, mallory := at("192.168.1.2"), at("192.168.1.3"), at("10.9.9.9")
	tests := []struct {
		name  string
		fill  func(s *shaking) (victim *error) // nil: none has to end
		comes Client
		full  bool // the one that comes finds no room
	}{
		{"the oldest of the same client, at its bound", func(s *shaking) *error {
			victim := s.begin(mallory)
			for range handshakesPerClient - 1 {
				s.begin(mallory)
			}
			return victim
		}, mallory, false},
		{"the oldest of the stranger with the most", func(s *shaking) *error {
			for n := range mostHandshakes - 2 {
				s.begin(street(n))
			}
			victim := s.begin(mallory)
			s.begin(mallory)
			return victim
		}, street(1000), false},
		{"a stranger's for a known client", func(s *shaking) *error {
			for range handshakesPerClient {
				s.begin(anna)
			}
			var first *error
			for n := range mostHandshakes - handshakesPerClient {
				if e := s.begin(street(n)); first == nil {
					first = e
				}
			}
			return first
		}, otto, false},
		{"none of a known client's for a stranger", func(s *shaking) *error {
			for range mostHandshakes / 2 {
				s.begin(anna)
				s.begin(otto)
			}
			return nil
		}, mallory, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shaking{Table: NewTable(), t: t}
				defer s.end()
				s.makeKnown("anna", anna)
				s.makeKnown("anna", otto)
				victim := test.fill(s)
				mine := s.begin(test.comes)
				if victim != nil && !errors.Is(*victim, ErrHandshakes) {
					t.Errorf("the one that has to end: %v", *victim)
				}
				if full := errors.Is(*mine, ErrHandshakes); full != test.full {
					t.Errorf("the one that came: %v", *mine)
				}
			})
		})
	}
}

// Three strangers that open handshakes without an end do not end one of a known client.
func TestHandshakesOfAKnownClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shaking{Table: NewTable(), t: t}
		defer s.end()
		phone := at("192.168.1.2")
		s.makeKnown("anna", phone)
		mine := s.begin(phone)
		for n := range 300 {
			s.begin(street(n % 3))
		}
		if *mine != nil {
			t.Errorf("it ended with %v", *mine)
		}
		if n := s.handshakes.list.Len(); n != 3*handshakesPerClient+1 {
			t.Errorf("%d are under way", n)
		}
	})
}

func TestHandshakeEndsWithItsContext(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewTable().Handshake(ctx, at("10.0.0.1"), tls.Server(ours, &tls.Config{})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
