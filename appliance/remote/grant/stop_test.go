package grant

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/remote/session"
)

// TestStop: a request that uses up a refresh token outlasts the stop of the server, and the next
// one is stored. Nothing new is begun.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, secret.Grant{})
		ctx, stop := context.WithCancel(t.Context())
		s.Send = func(asking context.Context, q oauth.Request) (oauth.Reply, error) {
			stop()
			select {
			case <-asking.Done():
				return oauth.Reply{}, asking.Err()
			case <-time.After(lastly - time.Second): // the answer is slow
			}
			return s.p.send(asking, q)
		}
		if token, _, err := s.Token(ctx, "anna", Fetch); token != "at1" || err != nil {
			t.Errorf("%q, %v", token, err)
		}
		if got := s.file(t).Refresh; got != "rt1" {
			t.Errorf("the file has %s", got)
		}
		s.start(s.State)
		if _, _, err := s.Token(ctx, "anna", Fetch); err == nil || len(s.p.asked) != 1 {
			t.Errorf("a request was begun at the stop: %v, asked for %q", err, s.p.asked)
		}
	})
}

// TestNoAnswer: a server that does not answer holds up a stop for a bounded time, and not at all if
// the refresh token stays valid. Without a stop the time is bounded as well.
func TestNoAnswer(t *testing.T) {
	for _, one := range []struct {
		stays, stops bool
		want         time.Duration
	}{{false, true, lastly}, {true, true, 0}, {false, false, longest}} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, secret.Grant{Stays: one.stays})
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			s.Send = func(asking context.Context, _ oauth.Request) (oauth.Reply, error) {
				if one.stops {
					stop()
				}
				<-asking.Done()
				return oauth.Reply{}, asking.Err()
			}
			began := time.Now()
			_, _, err := s.Token(ctx, "anna", Fetch)
			if took := time.Since(began); took != one.want || session.As(err) == nil || session.As(err).Kind == session.Ended {
				t.Errorf("%+v: %v after %v", one, err, took)
			}
			if got := s.file(t); got.Refresh != "rt0" || got.Ended != "" {
				t.Errorf("%+v", got)
			}
		})
	}
}
