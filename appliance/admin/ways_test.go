package admin

import (
	"os"
	"reflect"
	"slices"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/sendmail"
)

func TestWays(t *testing.T) {
	socket := sendmail.Way{Network: "unix", Address: "/run/box/lmtp", LMTP: true}
	tcp := func(address string, lmtp, guessed bool) sendmail.Way {
		return sendmail.Way{Network: "tcp", Address: address, LMTP: lmtp, Guessed: guessed}
	}
	kept := t.TempDir()
	if err := (listen.Ports{25: 1025}).Store(kept); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		smtp  config.SMTP
		state string
		want  []sendmail.Way
	}{
		{"nothing is known", config.SMTP{}, t.TempDir(), []sendmail.Way{
			tcp("127.0.0.1:25", false, true), tcp("[::1]:25", false, true), tcp("127.0.0.1:1025", false, true), tcp("[::1]:1025", false, true)}},
		{"a port that was chosen", config.SMTP{}, kept, []sendmail.Way{tcp("127.0.0.1:1025", false, false), tcp("[::1]:1025", false, false)}},
		{"the socket first", config.SMTP{Listen: []string{"192.168.1.2:25"}, ListenLMTP: []string{"127.0.0.1:24", "unix:/run/box/lmtp"}}, kept,
			[]sendmail.Way{socket, tcp("127.0.0.1:24", true, false), tcp("192.168.1.2:25", false, false)}},
		{"any free port", config.SMTP{Listen: []string{":0"}}, kept, nil},
		{"all addresses", config.SMTP{Listen: []string{"0.0.0.0:2525", "[::]:2526"}}, kept,
			[]sendmail.Way{tcp("127.0.0.1:2525", false, false), tcp("127.0.0.1:2526", false, false), tcp("[::1]:2526", false, false)}},
		{"submission without a login", config.SMTP{Listen: []string{"[::1]:587"}}, kept, []sendmail.Way{tcp("[::1]:587", false, false)}},
		{"submission with one", config.SMTP{Listen: []string{"[::1]:587", "[::1]:25"}, RequireAuth: config.DemandSubmission}, kept,
			[]sendmail.Way{tcp("[::1]:25", false, false)}},
		{"a login everywhere", config.SMTP{ListenLMTP: []string{"unix:/run/box/lmtp"}, RequireAuth: config.DemandAlways}, kept, []sendmail.Way{socket}},
	} {
		if got := Ways(&config.Config{State: tt.state, SMTP: tt.smtp}); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestServerUsers: root's mail goes to root, to the owner of the state directory and to
// service.user; other callers do not know the configuration.
func TestServerUsers(t *testing.T) {
	state := t.TempDir()
	c := &config.Config{State: state}
	if os.Geteuid() != 0 {
		if got := ServerUsers(c); got != nil {
			t.Errorf("without root: got %d, want nil", got)
		}
		return
	}
	if err := os.Chown(state, 54321, 54321); err != nil {
		t.Fatal(err)
	}
	if got := ServerUsers(c); !slices.Equal(got, []int{0, 54321}) {
		t.Errorf("got %d, want root and the owner of the state directory", got)
	}
	missing := &config.Config{State: state + "/none", Service: config.Service{User: "54322"}}
	if got := ServerUsers(missing); !slices.Equal(got, []int{0}) {
		t.Errorf("got %d, want root alone", got)
	}
	missing.Service.User = "root"
	if got := ServerUsers(missing); !slices.Equal(got, []int{0, 0}) {
		t.Errorf("got %d, want root twice", got)
	}
}
