package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func parseRemote(t *testing.T, text string) (*Config, error) {
	t.Helper()
	env := Environment{Hostname: "nas", Getenv: func(string) string { return "" }}
	return Parse("pillarbox.toml", []byte("state = \"/state\"\n"+text), env)
}

// TestRemote: what is written, and what the table of providers and the defaults add.
func TestRemote(t *testing.T) {
	c, err := parseRemote(t, `
[remote.anna-gmail]
provider = "gmail"
owner = "Anna"
address = ["Anna.B@GMAIL.com", "anna@example.org"]

[remote.isp]
owner = "anna"
address = ["anna@isp.example"]
user = "kd1234"
fetch = "pop3"
incoming = "pop.isp.example"
outgoing = "smtp.isp.example:587"
every = "1h"
since = "all"
after = "7d"
largest = "10MiB"
daily = "100MiB"
pin = "`+strings.Repeat("AB:", 31)+`CD"
devices = ["192.168.1.20", "local"]
`)
	if err != nil {
		t.Fatal(err)
	}
	if names := c.Remotes(); !slices.Equal(names, []string{"anna-gmail", "isp"}) {
		t.Fatalf("the names are %q", names)
	}
	g := c.Remote["anna-gmail"]
	if g.Owner != "anna" || g.Address[0] != "Anna.B@gmail.com" || g.User != "Anna.B@gmail.com" || g.Fetch != FetchIMAP ||
		g.Incoming != "imap.gmail.com:993" || g.Outgoing != "smtp.gmail.com:465" || g.PerDay != 450 ||
		g.Since != 30 || g.After != Unbounded || time.Duration(g.Every) != 15*time.Minute || g.Largest != c.SMTP.MaxMessage {
		t.Errorf("gmail is %+v", g)
	}
	i := c.Remote["isp"]
	if i.User != "kd1234" || i.Incoming != "pop.isp.example:995" || i.Outgoing != "smtp.isp.example:587" || i.Since != Unbounded ||
		i.After != 7 || i.Largest != 10<<20 || i.Daily != 100<<20 || len(i.Pin) != 64 || !slices.Equal(i.Devices, []string{"192.168.1.20", "local"}) {
		t.Errorf("isp is %+v", i)
	}
	if ports := c.RemotePorts(); !slices.Equal(ports, []uint16{993, 465, 995, 587}) {
		t.Errorf("the ports are %v", ports)
	}
	var shown []string
	for _, s := range c.Settings() {
		if strings.HasPrefix(s.Key, "remote.isp.") {
			shown = append(shown, s.Key[len("remote.isp."):]+"="+s.Value)
		}
	}
	if want := `after="7d"`; len(shown) != 20 || !slices.Contains(shown, want) {
		t.Errorf("-print shows %q; want 20 keys, among them %s", shown, want)
	}
}

// TestRemoteMistakes: each mistake has its line, and the nearest right value.
func TestRemoteMistakes(t *testing.T) {
	const good = "provider = \"gmail\"\nowner = \"anna\"\naddress = [\"anna@gmail.com\"]\n"
	for _, tt := range []struct{ name, text, want string }{
		{"unknown provider", "[remote.a]\nprovider = \"gmial\"\nowner = \"anna\"\naddress = [\"a@b.org\"]", `pillarbox.toml:3: remote.a.provider: "gmial" is not known; did you mean "gmail"?`},
		{"unknown key", "[remote.a]\n" + good + "folder = [\"INBOX\"]", `:6: unknown key "remote.a.folder"; did you mean "remote.a.folders"?`},
		{"misspelt table", "[remot.a]\n" + good, `did you mean "remote.a"?`},
		{"the name of a file", "[remote.\"a.new\"]\n" + good, `"a.new" cannot be the name of a remote account`},
		{"bad name", "[remote.-a]\n" + good, `"-a" cannot be the name of a remote account`},
		{"no owner", "[remote.a]\nprovider = \"gmail\"\naddress = [\"a@b.org\"]", `:2: remote.a: owner is missing`},
		{"no address", "[remote.a]\nprovider = \"gmail\"\nowner = \"anna\"", `:2: remote.a: address is missing`},
		{"no server", "[remote.a]\nowner = \"anna\"\naddress = [\"a@b.org\"]\nsend = false", `provider is missing: write one of gmail, `},
		{"two owners of an address", "[remote.a]\n" + good + "[remote.b]\n" + strings.Replace(good, "anna@", "ANNA@", 1), `:9: remote.b.address: "ANNA@gmail.com" is an address of [remote.a], too`},
		{"too often", "[remote.a]\n" + good + "every = \"1m\"", `:6: remote.a.every: 1m0s is outside of 5m0s to 24h0m0s, which the provider accepts; write "5m0s"`},
		{"POP3 at iCloud", "[remote.a]\nprovider = \"icloud\"\nowner = \"anna\"\naddress = [\"a@me.com\"]\nfetch = \"pop3\"", `:6: remote.a.fetch: icloud has no POP3; write "imap"`},
		{"a client of nobody", "[remote.a]\nincoming = \"i.example.org\"\noutgoing = \"o.example.org\"\nclient_id = \"x\"\nowner = \"anna\"\naddress = [\"a@b.org\"]", `:5: remote.a.client_id: nothing says which OAuth server`},
		{"a client of GMX", "[remote.a]\nprovider = \"gmx\"\nclient_id = \"x\"\nowner = \"anna\"\naddress = [\"a@gmx.de\"]", `"gmx" has no OAuth 2.0 for mail`},
		{"two OAuth servers", "[remote.a]\n" + good + "issuer = \"https://a.example\"", `"gmail" has an OAuth server of its own`},
		{"an issuer in the clear", "[remote.a]\nincoming = \"i.example.org\"\nsend = false\nissuer = \"http://a.example\"\nowner = \"anna\"\naddress = [\"a@b.org\"]", `:5: remote.a.issuer: "http://a.example" is not the address of an OAuth server`},
		{"bad since", "[remote.a]\n" + good + "since = \"30\"", `:6: remote.a.since: "30" is not a number of days; write "new", "all" or days as "7d"`},
		{"a folder of POP3", "[remote.a]\n" + good + "fetch = \"pop3\"\nfolders = [\"INBOX\", \"Junk\"]", `POP3 has one folder, INBOX; "Junk" needs fetch = "imap"`},
		{"per_day", "[remote.a]\n" + good + "per_day = 501", `501 is outside of 1 to 500`},
		{"loopback device", "[remote.a]\n" + good + "devices = [\"127.0.0.1\"]", `"127.0.0.1" stands for every program behind this machine`},
		{"bad pin", "[remote.a]\n" + good + "pin = \"abc\"", `is not a SHA-256`},
		{"bad port", "[remote.a]\n" + good + "incoming = \"imap.example.org:pop\"", `"pop" is not a port; 993 is the usual one`},
		{"not a table", "remote = \"a\"", `remote: expects a table: [remote.NAME]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseRemote(t, tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the report is\n%v\nwithout\n%s", err, tt.want)
			}
		})
	}
}

// TestWithRemote: an account beside those of the file, which come first and are not changed.
func TestWithRemote(t *testing.T) {
	c, err := parseRemote(t, "[remote.a]\nprovider = \"gmail\"\nowner = \"anna\"\naddress = [\"anna@gmail.com\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	more, err := c.WithRemote("b.c", []string{`provider = "gmx"`, `owner = "otto"`, `address = ["otto@gmx.de"]`})
	if err != nil || len(more.Remote) != 2 || len(c.Remote) != 1 || more.Remote["b.c"].Incoming != "imap.gmx.net:993" {
		t.Fatalf("%+v, %v", more, err)
	}
	if same, err := more.WithRemote("a", []string{`provider = "nonsense"`}); same != more || err != nil {
		t.Errorf("a table of the file was replaced: %v", err)
	}
	for lines, want := range map[string]string{
		`provider = "gmx"`: "owner is missing",
		"provider = \"gmx\"\nowner = \"otto\"\naddress = [\"anna@gmail.com\"]": `remote/d:4: remote.d.address: "anna@gmail.com" is an address of [remote.a]`,
		"provider = ":                  "a value is missing after =",
		"[spool]\ncapacity = \"1GiB\"": "only its own keys",
	} {
		if _, err := c.WithRemote("d", strings.Split(lines, "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", lines, err, want)
		}
	}
}

// TestRemoteOAuth: which accounts log in by OAuth 2.0, and the port of the server that they ask.
func TestRemoteOAuth(t *testing.T) {
	const rest = "owner = \"anna\"\naddress = [\"a@b.org\"]\nsend = false\nfetch = \"none\"\noutgoing = \"o.example:465\"\n"
	for _, tt := range []struct {
		text  string
		oauth bool
		ports []uint16
	}{
		{"provider = \"gmail\"\n", false, []uint16{465}},
		{"provider = \"gmail\"\nclient_id = \"x\"\n", true, []uint16{465, 443}},
		{"provider = \"outlook\"\n", true, []uint16{465, 443}},
		{"issuer = \"https://login.example/realms/a\"\n", true, []uint16{465, 443}},
		{"issuer = \"https://login.example:8443\"\nclient_id = \"x\"\n", true, []uint16{465, 8443}},
	} {
		c, err := parseRemote(t, "[remote.a]\n"+tt.text+rest)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		r := c.Remote["a"]
		if ports := c.RemotePorts(); r.OAuth() != tt.oauth || !slices.Equal(ports, tt.ports) {
			t.Errorf("%s: %v, %v", tt.text, r.OAuth(), ports)
		}
	}
}
