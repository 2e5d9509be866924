package link

import (
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/session"
)

// echo answers a request with what was asked.
func echo(q oauth.Request, bundle string) (oauth.Reply, error) {
	switch q.URL {
	case "refuse":
		return oauth.Reply{}, &session.Error{Kind: session.Busy, Text: "later", Wait: time.Minute}
	case "long":
		return oauth.Reply{Status: 200, Fields: map[string]string{"a": strings.Repeat("x", mostFrame)}}, nil
	case "no JSON":
		return oauth.Reply{Status: 404, Wait: time.Hour}, nil
	}
	return oauth.Reply{Status: 200, Fields: map[string]string{
		"form": q.Form, "user": q.User, "secret": q.Secret, "pin": q.Pin, "bundle": bundle,
	}}, nil
}

// TestAsk: requests and answers cross as they are.
func TestAsk(t *testing.T) {
	near, far := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(far, nil, echo) }()
	c := NewClient(near)
	token := strings.Repeat("t", 16<<10)
	got, err := c.Ask(oauth.Request{URL: "https://a", Form: "refresh_token=" + token, User: "u", Secret: "s", Pin: "p"}, "b")
	want := map[string]string{"form": "refresh_token=" + token, "user": "u", "secret": "s", "pin": "p", "bundle": "b"}
	if err != nil || got.Status != 200 || !maps.Equal(got.Fields, want) {
		t.Errorf("%.200v, %v", got, err)
	}
	if _, err := c.Ask(oauth.Request{URL: "refuse"}, ""); session.As(err).Kind != session.Busy || session.As(err).Wait != time.Minute {
		t.Errorf("%+v", err)
	}
	if _, err := c.Ask(oauth.Request{URL: "long"}, ""); session.As(err).Kind != session.Protocol {
		t.Errorf("%+v", err)
	}
	if got, err := c.Ask(oauth.Request{URL: "no JSON"}, ""); err != nil || got.Status != 404 || got.Wait != time.Hour || got.Fields != nil {
		t.Errorf("%+v, %v", got, err)
	}
	c.Hangup()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
