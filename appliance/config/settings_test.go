package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// everything sets every key to something else than its default.
const everything = `hostname = "nas.lan"
domains = ["lan", "example.net"]
state = "/srv/mail"
allow = ["private", "203.0.113.0/24"]
mdns = "off"

[pop3]
listen = [":1110"]
listen_tls = []
plaintext_auth = "always"
lock = "exclusive"
login_delay = "5s"

[smtp]
listen = [":1025"]
listen_tls = [":1465"]
listen_lmtp = ["unix:/run/lmtp"]
plaintext_auth = "never"
require_auth = "submission"
own_address = true
max_message = "20MiB"

[web]
listen = [":1080"]
listen_tls = [":1443"]
names = ["page.lan"]
admins = ["anna"]

[tls]
cert = "/etc/cert.pem"
key = "/etc/key.pem"
names = ["mail.example.net"]

[spool]
capacity = "512MiB"
slot = "1MiB"
volatile = true

[retention]
keep_days = 400
keep_days_after_fetch = 30
bin_days = 7
mailbox_share = "40%"

[retention.accounts."a.b"]
quota = "100MiB"

[watchdog]
device = "auto"
timeout = "30s"

[log]
level = "warn"

[service]
memory = "96MiB"
user = "mail"
confine = false

[aliases]
"*" = ["anna"]
Family = ["anna", "otto"]
`

// TestSettings: what is shown is TOML that means the same, with the lines of the file.
func TestSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "box.toml")
	if err := os.WriteFile(file, []byte(everything), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Find(file, Machine())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, s := range c.Settings() {
		text.WriteString(s.Key + " = " + s.Value + "\n")
		if s.Line == 0 {
			if strings.HasPrefix(s.Key, "retention.accounts.") && !strings.HasSuffix(s.Key, ".quota") {
				continue // as for everybody
			}
			t.Errorf("%s has no line", s.Key)
			continue
		}
		written := strings.Split(everything, "\n")[s.Line-1]
		if last := s.Key[strings.LastIndexByte(s.Key, '.')+1:]; !strings.Contains(strings.ToLower(written), last) {
			t.Errorf("%s is in line %d, which is %q", s.Key, s.Line, written)
		}
	}
	again, err := Parse(file, []byte(text.String()), Machine())
	if err != nil {
		t.Fatalf("%v in\n%s", err, text.String())
	}
	if !reflect.DeepEqual(again, c) {
		t.Errorf("%s\nmeans\n%+v, want\n%+v", text.String(), again, c)
	}
}

// TestEveryKeyIsShown compares the table of values with that of keys.
func TestEveryKeyIsShown(t *testing.T) {
	c := Default()
	values := c.values()
	for _, k := range c.keys() {
		if _, shown := values[k.name]; !shown {
			t.Errorf("%s is not shown", k.name)
		}
		delete(values, k.name)
	}
	if len(values) > 0 {
		t.Errorf("%v are no keys", values)
	}
	for _, s := range c.Settings() {
		if s.Line != 0 {
			t.Errorf("%s has line %d of no file", s.Key, s.Line)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"serve", "setup", "user", "spool", "sendmail", "version"}
	for misspelt, want := range map[string]string{"usr": "user", "USER": "user", "sever": "serve", "spol": "spool", "versoin": "version", "frobnicate": "", "": "", "x": ""} {
		if got := Nearest(misspelt, names); got != want {
			t.Errorf("%q: %q, want %q", misspelt, got, want)
		}
	}
}
