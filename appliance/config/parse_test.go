package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// home is the environment of the tests: a machine called nas, a user of its own.
var home = Environment{Hostname: "NAS", UID: 1000, Getenv: func(name string) string {
	return map[string]string{"HOME": "/home/anna"}[name]
}}

// every is a file with every key, none at its default where there is a choice.
const every = `
hostname = "Mail.Home.Arpa"
domains  = ["home.arpa", "Family.Example"]
state    = "/srv/pillarbox"
allow    = ["192.168.7.0/24", "fd00::1"]
mdns     = "on"

[pop3]
listen         = [":1110"]
listen_tls     = []
plaintext_auth = "never"
lock           = "exclusive"
login_delay    = "30s"

[smtp]
listen         = ["127.0.0.1:25", "[::1]:25"]
listen_tls     = [":465"]
listen_lmtp    = ["unix:/run/pillarbox/lmtp.sock", "127.0.0.1:24"]
plaintext_auth = "always"
require_auth   = "submission"
own_address    = true
max_message    = "20 MiB"

[web]
listen     = [":1080"]
listen_tls = [":1443"]
names      = ["Mail.Example."]
admins     = ["Anna"]

[tls]
cert = "/etc/ssl/box.crt"
key  = "/etc/ssl/box.key"
names = ["Disk.lan", "::FFFF:192.168.7.9", "2001:DB8:0::7", "nas"]
kernel = "off"

[spool]
capacity = "2GB"
slot     = "1MiB"
volatile = true

[retention]
keep_days             = 365
keep_days_after_fetch = 0
bin_days              = 14
mailbox_share         = "25%"

[retention.accounts.Anna]
mailbox_share = "40%"
quota         = "200MiB"

[retention.accounts."b.otto"]
keep_days             = 0
keep_days_after_fetch = 30
bin_days              = 0

[retention.accounts.printer]

[aliases]
postmaster    = ["Anna"]
"first.last"  = ["anna", "otto"]
"*"           = ["postmaster"]
otto          = ["otto", "anna"]

[watchdog]
device  = "none"
timeout = "30s"

[log]
level = "debug"

[service]
memory  = "32MiB"
user    = "mail"
confine = false
`

func TestEveryKeyIsRead(t *testing.T) {
	got, err := Parse("every.toml", []byte(every), home)
	if err != nil {
		t.Fatal(err)
	}
	only := Prefixes{"192.168.7.0/24 fd00::1", []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24"), netip.MustParsePrefix("fd00::1/128")}}
	want := &Config{
		File: "every.toml", Hostname: "mail.home.arpa", Domains: []string{"home.arpa", "family.example"},
		State: "/srv/pillarbox", Allow: only,
		POP3: POP3{Listen: []string{":1110"}, ListenTLS: []string{}, PlaintextAuth: Prefixes{words: "never"}, Exclusive: true, LoginDelay: 30e9},
		SMTP: SMTP{Listen: []string{"127.0.0.1:25", "[::1]:25"}, ListenTLS: []string{":465"},
			ListenLMTP:    []string{"unix:/run/pillarbox/lmtp.sock", "127.0.0.1:24"},
			PlaintextAuth: Anywhere(), RequireAuth: DemandSubmission, OwnAddress: true, MaxMessage: 20 << 20},
		MDNS:  "on",
		Web:   Web{Listen: []string{":1080"}, ListenTLS: []string{":1443"}, Names: []string{"mail.example"}, Admins: []string{"anna"}},
		TLS:   TLS{Cert: "/etc/ssl/box.crt", Key: "/etc/ssl/box.key", Names: []string{"disk.lan", "192.168.7.9", "2001:db8::7", "nas"}, Kernel: KernelNever},
		Spool: Spool{Capacity: 2e9, Slot: 1 << 20, Volatile: true},
		Retention: Retention{Keeping{KeepDays: 365, BinDays: 14, MailboxShare: 25}, map[string]Keeping{
			"anna":    {KeepDays: 365, BinDays: 14, MailboxShare: 40, Quota: 200 << 20},
			"b.otto":  {KeepDaysAfterFetch: 30, MailboxShare: 25},
			"printer": {KeepDays: 365, BinDays: 14, MailboxShare: 25}}},
		Aliases: map[string][]string{"postmaster": {"anna"}, "first.last": {"anna", "otto"},
			"*": {"postmaster"}, "otto": {"otto", "anna"}},
		Watchdog: Watchdog{Device: "none", Timeout: 30e9},
		Log:      Log{Level: "debug"},
		Service:  Service{Memory: 32 << 20, User: "mail"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryKeyIsInTheTest(t *testing.T) {
	read, err := readDocument([]byte(every))
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, p := range read.where {
		written[p.name()] = true
	}
	for _, k := range Default().keys() {
		if !written[k.name] {
			t.Errorf("the test file does not write %q", k.name)
		}
	}
}

func TestDefaultsOfAnEmptyFile(t *testing.T) {
	c, err := Parse("empty.toml", nil, home)
	if err != nil {
		t.Fatal(err)
	}
	if c.Hostname != "nas.home.arpa" || c.State != "/home/anna/.local/state/pillarbox" {
		t.Errorf("hostname %q, state %q", c.Hostname, c.State)
	}
	if c.POP3.Listen != nil || c.POP3.Exclusive || c.SMTP.MaxMessage != 50<<20 || c.Spool.Capacity != 0 {
		t.Errorf("got %+v", c)
	}
	if !c.Allow.Contains(netip.MustParseAddr("192.168.1.7")) || c.Allow.Contains(netip.MustParseAddr("9.9.9.9")) {
		t.Errorf("allow is %v", c.Allow)
	}
}

// TestMistakes pins place, words and mark of every kind of mistake.
// A mistake is a file and its report.
type mistake struct{ name, file, want string }

func TestMistakes(t *testing.T) {
	tests := []mistake{
		{"unknown key, near one known", "[pop3]\nlistn = [\":110\"]\n", `
f.toml:2: unknown key "pop3.listn"; did you mean "pop3.listen"?
   2 | listn = [":110"]
     | ~~~~~`},
		{"right key in no table", "max_message = \"5MiB\"\n", `
f.toml:1: unknown key "max_message"; did you mean "smtp.max_message"?
   1 | max_message = "5MiB"
     | ~~~~~~~~~~~`},
		{"unknown key, nothing near", "frobnicate = 1\n", `
f.toml:1: unknown key "frobnicate"
   1 | frobnicate = 1
     | ~~~~~~~~~~`},
		{"unknown table is one problem", "[pop]\nlisten = []\nlisten_tls = []\n", `
f.toml:1: unknown table "pop"; did you mean "pop3"?
   1 | [pop]
     |  ~~~`},
		{"wrong type", "hostname = 5\n", `
f.toml:1: hostname: expects a text in quotes, not a number
   1 | hostname = 5
     |            ~`},
		{"text where a list belongs", "domains = \"home.arpa\"", `
f.toml:1: domains: expects a list of texts, as ["one", "two"], not a text
   1 | domains = "home.arpa"
     |           ~~~~~~~~~~~`},
		{"number in a list of texts", "[pop3]\nlisten = [110]\n", `
f.toml:2: pop3.listen: expects a list of texts, as ["one", "two"], not of a number
   2 | listen = [110]
     |           ~~~`},
		{"size without a unit", "[smtp]\nmax_message = 50\n", `
f.toml:2: smtp.max_message: expects a text in quotes, not a number; write a whole number and its unit, as "50MiB" or "1GiB"
   2 | max_message = 50
     |               ~~`},
		{"word that is no choice", "[pop3]\n\tlock = \"yes\" # mine\n", "\n" +
			"f.toml:2: pop3.lock: expects \"none\" or \"exclusive\"\n" +
			"   2 | \tlock = \"yes\" # mine\n" +
			"     | \t       ~~~~~"},
		{"table where a key belongs", "[hostname]\n", `
f.toml:1: hostname: expects a text in quotes, not a table
   1 | [hostname]
     |  ~~~~~~~~`},
		{"key where a table belongs", "pop3 = 110\n", `
f.toml:1: pop3: expects a table: [pop3] on a line of its own, and its keys below
   1 | pop3 = 110
     | ~~~~`},
		{"list of tables", "[[pop3]]\nlisten = []\n", `
f.toml:1: [[pop3]] is a list of tables; write [pop3]
   1 | [[pop3]]
     |   ~~~~`},
		{"syntax", "hostname = \"a.b\"\nstate = /srv\n", `
f.toml:2: a text is written in quotes: "/srv"
   2 | state = /srv
     |         ~`},
		{"key twice", "hostname = \"a.b\"\nhostname = \"a.c\"\n", `
f.toml:2: hostname is set twice, first on line 1; delete one of the lines
   2 | hostname = "a.c"
     | ~`},
		{"host name that is an address", "hostname = \"192.168.1.2\"\n", `
f.toml:1: hostname: "192.168.1.2" ends in "2": a host name, not an address, is needed; mail clients refuse others
   1 | hostname = "192.168.1.2"
     |            ~~~~~~~~~~~~~`},
		{"relative state", "state = \"mail\"\n", `
f.toml:1: state: "mail" is not an absolute path; it has to begin with /
   1 | state = "mail"
     |         ~~~~~~`},
		{"allow nobody", "allow = []\n", `
f.toml:1: allow: is empty, so no client could connect; "private" is the home network
   1 | allow = []
     | ~~~~~`},
		{"prefix with host bits", "allow = [\"private\", \"192.168.7.1/24\"]\n", `
f.toml:1: allow: "192.168.7.1/24" has bits set after its length; did you mean "192.168.7.0/24"?
   1 | allow = ["private", "192.168.7.1/24"]
     |          ~~~~~~~~~~~~~~~~~~~~~~~~~~~`},
		{"port twice", "[pop3]\nlisten = [\":110\"]\n[smtp]\nlisten = [\":110\"]\n", `
f.toml:4: smtp.listen: ":110" is already used by pop3.listen
   4 | listen = [":110"]
     |           ~~~~~~`},
		{"capacity below twice max_message", "[smtp]\nmax_message = \"50MiB\"\n[spool]\ncapacity = \"99MiB\"\n", `
f.toml:4: spool.capacity: 99MiB is too small: 100MiB is the least, for 8 slots and twice max_message; make it larger or those smaller
   4 | capacity = "99MiB"
     |            ~~~~~~~`},
		{"capacity beyond all slots", "[spool]\ncapacity = \"300GiB\"\n", `
f.toml:2: spool.capacity: 300GiB is too large: 256GiB is the most, for 65536 slots of 4MiB; a new spool may have larger slots
   2 | capacity = "300GiB"
     |            ~~~~~~~~`},
		{"share over all", "[retention]\nmailbox_share = \"101%\"\n", `
f.toml:2: retention.mailbox_share: "101%" is not a percentage; write a whole number of 0 to 100 and a percent sign, as "50%"
   2 | mailbox_share = "101%"
     |                 ~~~~~~`},
		{"logins kept apart by half seconds", "[pop3]\nlogin_delay = '1.5s'\n", `
f.toml:2: pop3.login_delay: 1.5s is not whole seconds up to 1h0m0s
   2 | login_delay = '1.5s'
     |               ~~~~~~`},
		{"certificate without key", "[tls]\ncert = \"/a\"\n", `
f.toml:2: tls.cert: goes together with tls.key; without both, pillarbox makes its own certificate
   2 | cert = "/a"
     |        ~~~~`},
		{"a certificate for a wildcard", "[tls]\nnames = [\"*.lan\"]\n", `
f.toml:2: tls.names: "*.lan" is not a host name: '*' is not allowed in one; only a-z, 0-9 and hyphens can
   2 | names = ["*.lan"]
     |          ~~~~~~~`},
		{"watchdog", "[watchdog]\ndevice = \"softdog\"\n", `
f.toml:2: watchdog.device: "softdog" is not one of none, auto, systemd, procd or a device, as "/dev/watchdog0"
   2 | device = "softdog"
     |          ~~~~~~~~~`},
		{"alias to a foreign address", "[aliases]\nroot = [\"anna@example.com\"]\n", `
f.toml:2: aliases.root: "anna@example.com" is not a local mailbox, and mail is not forwarded to other servers; write the name of an account. The alerts of this machine leave through an account at a provider with devices = ["local"] in [remote.NAME]
   2 | root = ["anna@example.com"]
     |         ~~~~~~~~~~~~~~~~~~`},
		{"alias with a bare dot", "[aliases]\nfirst.last = [\"anna\"]\n", `
f.toml:2: aliases: a name with a dot is written in quotes: "first.last" = [...]
   2 | first.last = ["anna"]
     | ~~~~~~~~~~`},
		{"alias in two letter cases", "[aliases]\nAnna = [\"otto\"]\nanna = [\"otto\"]\n", `
f.toml:3: aliases: "anna" is there twice; letter case makes no difference
   3 | anna = ["otto"]
     | ~~~~`},
		{"alias in capitals", "[aliases]\nRoot = []\n", `
f.toml:2: aliases.root: has no mailbox; delete the line, or name the accounts that get the mail
   2 | Root = []
     | ~~~~`},
		{"aliases in a circle", "[aliases]\nB = [\"c\"]\nc = [\"a\"]\na = [\"otto\", \"b\"]\n", `
f.toml:4: aliases.a: is an alias loop: a -> b -> c -> a
   4 | a = ["otto", "b"]
     |      ~~~~~~~~~~~`},
		{"all of them, by line", "hostname = 1\nwhat = 2\n[pop3]\nlock = 3\n[log]\nlevel = \"loud\"\n", `
f.toml:1: hostname: expects a text in quotes, not a number
   1 | hostname = 1
     |            ~
f.toml:2: unknown key "what"
   2 | what = 2
     | ~~~~
f.toml:4: pop3.lock: expects "none" or "exclusive"
   4 | lock = 3
     |        ~
f.toml:6: log.level: "loud" is not one of debug, info, warn, error
   6 | level = "loud"
     |         ~~~~~~`},
	}
	testMistakes(t, tests)
}

func testMistakes(t *testing.T, tests []mistake) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse("f.toml", []byte(tt.file), home)
			if err == nil {
				t.Fatalf("read as %+v", c)
			}
			if got, want := err.Error(), strings.TrimPrefix(tt.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	env := home
	env.Root = t.TempDir()
	c, err := Find("", env)
	if err != nil || c.File != "" || c.Hostname != "nas.home.arpa" {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	system := filepath.Join(env.Root, SystemFile)
	if err := os.MkdirAll(filepath.Dir(system), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(system, []byte(`hostname = "system.example"`), 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err = Find("", env); err != nil || c.Hostname != "system.example" || c.File != system {
		t.Errorf("with the system's file: %+v, %v", c, err)
	}
	if err := os.Remove(system); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(system, 0o755); err != nil {
		t.Fatal(err)
	}
	if c, err := Find("", env); err == nil {
		t.Errorf("a system's file that cannot be read gave way to %+v", c)
	}
	if _, err = Find(filepath.Join(env.Root, "none.toml"), env); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a named file that is not there: %v", err)
	}
}

// FuzzParse: whatever the file, it is read or reported, and what is read is valid and has places
// for all its problems.
func FuzzParse(f *testing.F) {
	f.Add(every)
	f.Add("[aliases]\n\"*\" = []\na.b.c = 1\n[[pop3]]\nx = {y = {z = 1}}\n")
	f.Add("pop3 = {listen = [\":1\", ], lock = 'none'}\r\n")
	f.Add("a = 1\na = 2\n\"\" = 5\n'' = {}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", []byte(text), home)
		var report *Report
		switch {
		case err == nil:
			if problems := c.Validate(); len(problems) > 0 {
				t.Errorf("read, but %v", problems)
			}
		case !errors.As(err, &report) || len(report.Problems) == 0:
			t.Errorf("no report: %v", err)
		case report.Error() == "":
			t.Error("an empty report")
		}
	})
}

func TestSlotFor(t *testing.T) {
	const mib = int64(1) << 20
	tests := []struct {
		name     string
		written  Size
		capacity int64
		want     Size
	}{
		{"a usual spool", 0, 1024 * mib, Size(4 * mib)},
		{"not known", 0, 0, Size(4 * mib)},
		{"the least for 32 of 4 MiB", 0, 128 * mib, Size(4 * mib)},
		{"a small one", 0, 100 * mib, Size(2 * mib)},
		{"a very small one", 0, 4 * mib, Size(mib / 4)},
		{"what is written holds", Size(8 * mib), 100 * mib, Size(8 * mib)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Spool{Slot: tt.written}
			if got := c.SlotFor(tt.capacity); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
