package admin

import (
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
)

// answered returns a client of a server that has no spool.
func answered(t *testing.T, s *Server) *Client {
	near, far := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.ServeConn(t.Context(), far)
	}()
	t.Cleanup(func() {
		near.Close()
		<-ended
	})
	return NewClient(near, nil)
}

func TestSetup(t *testing.T) {
	want := Setup{
		Running: true, Hostname: "nas.lan", Domain: "home.arpa", Servers: []string{"192.168.1.5", "nas.lan"}, Fingerprint: "AB:CD", FirstLogin: "/srv/first-login",
		Listeners: []listen.Address{
			{Key: "pop3.listen_tls", Protocol: "pop3", Address: "[::]:995", Port: 995, TLS: "implicit"},
			{Key: "smtp.listen", Protocol: "smtp", Address: ":25", Port: 25, TLS: "starttls", Off: "another program uses the port"},
		},
	}
	c := answered(t, &Server{Setup: func() Setup { return want }})
	for range 2 { // the client is good for another request
		got, err := c.Setup()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("got %+v, want %+v", *got, want)
		}
	}
	if _, err := answered(t, &Server{}).Setup(); err == nil || !strings.Contains(err.Error(), "no server runs") {
		t.Errorf("without a server: %v", err)
	}
}

func TestLastLogins(t *testing.T) {
	want := map[string]time.Time{"anna": time.Unix(1795000000, 0), ".otto": time.Unix(1, 0)}
	got, err := answered(t, &Server{LastLogins: func() map[string]time.Time { return want }}).LastLogins()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := answered(t, &Server{}).LastLogins(); err != nil || len(got) > 0 {
		t.Errorf("without a server: %v, %v", got, err)
	}
}

// TestReload: the client gets what the server refused.
func TestReload(t *testing.T) {
	if err := answered(t, &Server{Reload: func() error { return nil }}).Reload(); err != nil {
		t.Error(err)
	}
	err := answered(t, &Server{Reload: func() error { return errors.New("box.toml:3: unknown key") }}).Reload()
	if err == nil || err.Error() != "box.toml:3: unknown key" {
		t.Errorf("got %v", err)
	}
}

// TestSetupSenders: an account at a provider is named where a mail client is told what to send by.
func TestSetupSenders(t *testing.T) {
	c := config.Default()
	c.Hostname = "nas.home.arpa"
	c.Remote = map[string]config.Remote{
		"anna-mail": {Address: []string{"anna@example.org"}, Send: true},
		"archive":   {Address: []string{"old@example.org"}},
	}
	lines := strings.Join(SetupLines(SetupOf(c)), "\n")
	if !strings.Contains(lines, "to others from anna@example.org)") || strings.Contains(lines, "old@") {
		t.Error(lines)
	}
}
