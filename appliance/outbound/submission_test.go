package outbound

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

var (
	printer = netip.MustParseAddr("192.168.1.20")
	phone   = netip.MustParseAddr("192.168.1.30")
	nobody  netip.Addr
)

func family() []Account {
	return []Account{
		{Name: "anna-mail", Owner: "anna", Addresses: []string{"anna@example.org", "a@example.com"}, Devices: []netip.Prefix{netip.PrefixFrom(printer, 32)}},
		{Name: "anna-work", Owner: "anna", Addresses: []string{"anna@work.example"}, Local: true},
		{Name: "bert-mail", Owner: "bert", Addresses: []string{"bert@example.org"}},
	}
}

// TestDecide: every combination of who sends, as whom and from where. What is not in it is denied.
func TestDecide(t *testing.T) {
	for _, row := range []struct {
		name    string
		s       Submission
		account string // "" is denied
		from    string
	}{
		{"own address", Submission{User: "anna", From: "anna@example.org", Client: phone}, "anna-mail", "anna@example.org"},
		{"second address", Submission{User: "anna", From: "A@Example.com", Client: phone}, "anna-mail", "A@Example.com"},
		{"second account", Submission{User: "anna", From: "anna@work.example", Client: phone}, "anna-work", "anna@work.example"},
		{"address of another", Submission{User: "anna", From: "bert@example.org", Client: phone}, "", ""},
		{"local address", Submission{User: "anna", From: "anna@home.arpa", Client: phone}, "", ""},
		{"bare name", Submission{User: "anna", From: "anna", Client: phone}, "", ""},
		{"password in clear", Submission{User: "anna", From: "anna@example.org", Client: phone, Clear: true}, "", ""},
		{"null sender, two accounts", Submission{User: "anna", Client: phone}, "", ""},
		{"null sender, one account", Submission{User: "bert", Client: phone}, "bert-mail", ""},
		{"user without an account", Submission{User: "carol", From: "anna@example.org", Client: phone}, "", ""},
		{"user at a device, foreign address", Submission{User: "bert", From: "anna@example.org", Client: printer}, "", ""},

		{"nobody, any client", Submission{From: "anna@example.org", Client: phone}, "", ""},
		{"nobody, loopback", Submission{From: "anna@example.org", Client: netip.MustParseAddr("127.0.0.1")}, "", ""},
		{"nobody, local socket", Submission{From: "anna@example.org"}, "", ""},
		{"device", Submission{From: "scanner@printer", Client: printer}, "anna-mail", "anna@example.org"},
		{"device as IPv4 in IPv6", Submission{Client: netip.AddrFrom16(printer.As16())}, "anna-mail", "anna@example.org"},
		{"device behind a proxy", Submission{Client: printer, Shared: true}, "", ""},
		{"root on a local socket", Submission{From: "root", Root: true}, "anna-work", "anna@work.example"},
		{"root by the network", Submission{From: "root", Root: true, Client: phone}, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			g, err := Decide(family(), row.s)
			var denied *Denied
			if row.account == "" {
				if !errors.As(err, &denied) || denied.Temporary || g.Account.Name != "" {
					t.Errorf("granted %+v, %v", g, err)
				}
				return
			}
			if err != nil || g.Account.Name != row.account || g.From != row.from {
				t.Errorf("got %s as %q, %v", g.Account.Name, g.From, err)
			}
			if g.Device != (row.s.User == "") || g.Device && g.Recipients != 10 {
				t.Errorf("device %v with %d recipients", g.Device, g.Recipients)
			}
		})
	}
}

// TestDecideNothing: without a remote account nobody sends anything.
func TestDecideNothing(t *testing.T) {
	for _, user := range []string{"", "anna"} {
		for _, clear := range []bool{false, true} {
			for _, from := range []string{"", "anna@example.org", "root"} {
				for _, client := range []netip.Addr{nobody, phone, printer, netip.IPv6Loopback()} {
					for _, root := range []bool{false, true} {
						s := Submission{User: user, Clear: clear, From: from, Client: client, Root: root}
						if g, err := Decide(nil, s); err == nil {
							t.Errorf("%+v: granted %+v", s, g)
						}
					}
				}
			}
		}
	}
}

// TestNothingButRules: over every combination, mail leaves only by one of the three rules.
func TestNothingButRules(t *testing.T) {
	granted := 0
	for _, user := range []string{"", "anna", "bert", "carol"} {
		for _, clear := range []bool{false, true} {
			for _, from := range []string{"", "root", "anna@example.org", "anna@work.example", "bert@example.org", "x@other.example"} {
				for _, client := range []netip.Addr{nobody, phone, printer, netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.9")} {
					for _, root := range []bool{false, true} {
						for _, shared := range []bool{false, true} {
							s := Submission{user, clear, from, client, root, shared}
							g, err := Decide(family(), s)
							if err != nil {
								continue
							}
							granted++
							byUser := user != "" && user == g.Account.Owner && !clear && (g.Account.Has(from) || from == "" && user == "bert")
							byDevice := user == "" && client == printer && !shared && g.Account.Name == "anna-mail"
							byRoot := user == "" && !client.IsValid() && root && g.Account.Name == "anna-work"
							if !byUser && !byDevice && !byRoot {
								t.Errorf("%+v: granted %+v", s, g)
							}
						}
					}
				}
			}
		}
	}
	if granted == 0 {
		t.Error("nothing is granted")
	}
}

func TestCheckDevices(t *testing.T) {
	accounts := func(one, two string) []Account {
		a, b := Account{Name: "a"}, Account{Name: "b"}
		if one != "" {
			a.Devices = []netip.Prefix{netip.MustParsePrefix(one)}
		}
		if two != "" {
			b.Devices = []netip.Prefix{netip.MustParsePrefix(two)}
		}
		return []Account{a, b}
	}
	shared := []netip.Prefix{netip.MustParsePrefix("172.17.0.1/32")}
	for name, list := range map[string][]Account{
		"loopback": accounts("127.0.0.1/32", ""), "IPv6 loopback": accounts("", "::1/128"), "everybody": accounts("0.0.0.0/0", ""),
		"bridge": accounts("172.17.0.1/32", ""), "network with a bridge": accounts("172.17.0.0/16", ""),
		"of two accounts": accounts("192.168.1.20/32", "192.168.1.0/24"),
	} {
		if err := CheckDevices(list, shared); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := CheckDevices(accounts("192.168.1.20/32", "192.168.1.21/32"), shared); err != nil {
		t.Error(err)
	}
}

// TestDeviceLimit: devices have 50 messages in 24 hours, and the limit is told as temporary.
func TestDeviceLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Options{Accounts: fixed(family())})
		s := Submission{Client: printer}
		for n := range deviceMessages {
			if _, err := q.Admit(s); err != nil {
				t.Fatalf("message %d: %v", n, err)
			}
			time.Sleep(time.Minute)
		}
		var denied *Denied
		if _, err := q.Admit(s); !errors.As(err, &denied) || !denied.Temporary {
			t.Errorf("one more: %v", err)
		}
		if _, err := q.Admit(Submission{User: "anna", From: "anna@example.org"}); err != nil {
			t.Errorf("a user: %v", err)
		}
		time.Sleep(24 * time.Hour)
		if _, err := q.Admit(s); err != nil {
			t.Errorf("on the next day: %v", err)
		}
	})
}

// fixed is a Source of accounts that do not change.
type fixed []Account

func (f fixed) Accounts() []Account           { return f }
func (f fixed) Generation(name string) string { return fmt.Sprint(name) }
