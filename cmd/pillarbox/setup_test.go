package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/listen"
)

// aSetup is that of a server with standard ports, one of which is off.
func aSetup() *admin.Setup {
	return &admin.Setup{
		Running: true, Hostname: "nas.home.arpa", Domain: "home.arpa", Servers: []string{"192.168.1.5", "nas.home.arpa"},
		Fingerprint: strings.TrimSuffix(strings.Repeat("AB:", 32), ":"),
		Listeners: []listen.Address{
			{Key: "pop3.listen", Protocol: "pop3", Address: "[::]:110", Port: 110, TLS: "starttls"},
			{Key: "pop3.listen_tls", Protocol: "pop3", Address: "[::]:995", Port: 995, TLS: "implicit"},
			{Key: "smtp.listen", Protocol: "smtp", Address: ":25", Port: 25, TLS: "starttls", Off: "another program uses the port"},
			{Key: "smtp.listen", Protocol: "smtp", Address: "[::]:587", Port: 587, TLS: "starttls"},
			{Key: "smtp.listen_tls", Protocol: "smtp", Address: "[::]:465", Port: 465, TLS: "implicit"},
		},
	}
}

func TestSetupText(t *testing.T) {
	golden(t, "setup", []byte(setupText(aSetup(), true, "", "")))
	stopped := aSetup()
	stopped.Running, stopped.Fingerprint = false, ""
	golden(t, "setup_stopped", []byte(setupText(stopped, true, "ca.crt", aSetup().Fingerprint)))
}

// TestSetupIsJSON: a program can read it.
func TestSetupIsJSON(t *testing.T) {
	var got struct {
		Running             bool
		Domain, Fingerprint string
		Servers             []string
		Listeners           []struct {
			Key, TLS, Off string
			Port          int
		}
	}
	if err := json.Unmarshal([]byte(setupJSON(aSetup())), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Running || got.Domain != "home.arpa" || len(got.Servers) != 2 || len(got.Listeners) != 5 || got.Listeners[2].Off == "" || got.Listeners[1].Port != 995 {
		t.Errorf("got %+v", got)
	}
}

// TestUserList: the figures of each account, and the names that are not allowed any more.
func TestUserList(t *testing.T) {
	rows := []userRow{
		{Mailbox: admin.Mailbox{Name: "anna", Messages: 1234, Octets: 5 << 20}, login: time.Date(2026, 11, 30, 14, 22, 3, 0, time.UTC)},
		{Mailbox: admin.Mailbox{Name: ".otto"}, renamed: true},
	}
	golden(t, "user_list", []byte(usersText(rows, true, true)))
	stopped := []userRow{{Mailbox: rows[0].Mailbox}, rows[1]}
	golden(t, "user_list_stopped", []byte(usersText(stopped, false, false)))
	var got struct {
		Running  bool
		Accounts []struct {
			Name             string
			Messages, Octets int64
			Last             int64 `json:"last_login"`
			Allowed          bool  `json:"name_allowed"`
		}
	}
	if err := json.Unmarshal([]byte(usersJSON(rows, true)), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Accounts) != 2 || got.Accounts[0].Messages != 1234 || got.Accounts[0].Last != 1796048523 || got.Accounts[1].Last != 0 || got.Accounts[1].Allowed {
		t.Errorf("got %+v", got)
	}
}

// TestHealthIsAligned: one column is as wide as the longest name.
func TestHealthIsAligned(t *testing.T) {
	text := healthText(&admin.Health{Checks: []admin.CheckResult{{Name: "index", Holds: true, Since: time.Minute}, {Name: "pop3.listen_tls [::ffff:192.168.100.100]:995", Holds: true, Since: time.Minute}}})
	var columns []int
	for line := range strings.Lines(text) {
		if at := strings.Index(line, "passing for"); at > 0 {
			columns = append(columns, utf8.RuneCountInString(line[:at]))
		}
	}
	if len(columns) != 2 || columns[0] != columns[1] {
		t.Errorf("the columns begin at %v in\n%s", columns, text)
	}
}
