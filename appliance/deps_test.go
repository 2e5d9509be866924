package appliance

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// forbidden is what may not be imported where, with the reason. A place stands for itself and what
// is below it, "!" in front of places for everywhere but there. An import stands for itself, with
// "/..." also for what is below; what follows "but" is allowed.
var forbidden = []struct{ in, not, why string }{
	{"pop3", "pillarbox/spool/...", "a protocol knows no store: maildrop.go is all that it asks of the world"},
	{"pop3", "pillarbox/appliance/...", "a pillar does not know the roof"},
	{"pop3", "pillarbox/watchdog/...", "pillars do not know one another"},
	{"pop3/wire", "pillarbox/...", "a leaf: both protocols stand on it"},
	{"pop3/sasl", "pillarbox/... but pillarbox/pop3/wire", "a leaf, but for how the case of a name is ignored: both protocols stand on it"},
	{"pop3/pop3test", "pillarbox/appliance/...", "a stand-in for a server of POP3 alone"},
	{"pop3/pop3test/transcript", "pillarbox/...", "a leaf: it compares lines"},
	{"pop3/downgrade", "pillarbox/... but pillarbox/pop3/wire", "a leaf: it rewrites octets and knows no session"},
	{"pop3/conn", "pillarbox/... but pillarbox/pop3/ktls pillarbox/pop3/park pillarbox/pop3/wire", "lines in and replies out: it knows neither sessions nor commands"},
	{"pop3/conn", "go.uber.org/zap/...", "it returns errors; the session logs"},
	{"pop3/ktls", "pillarbox/...", "a leaf: it hands a connection to the kernel and knows no session"},
	{"pop3/ktls", "go.uber.org/zap/...", "it returns errors; the appliance logs"},
	{"pop3/ktls/ktlstest", "pillarbox/...", "a leaf: it plays the kernel"},
	{"pop3/park", "pillarbox/...", "a leaf: it parks sockets and knows no session"},
	{"pop3/park", "go.uber.org/zap/...", "it returns errors; the session logs"},
	{"pop3/downgrade", "net", "it rewrites octets; a session sends them"},
	{"pop3/downgrade", "go.uber.org/zap/...", "it returns errors; the session logs"},
	{"appliance/web", "pillarbox/... but pillarbox/appliance/web/...", "the pages see the server through Backend alone"},
	{"appliance/web/autoconfig", "pillarbox/...", "a leaf: text from values"},
	{"appliance/web/autoconfig", "net/http", "it writes documents; who serves them is another matter"},
	{"appliance/web/qr", "pillarbox/...", "a leaf: it draws"},
	{"appliance/web/component", "pillarbox/...", "a leaf: the generated code of the pages calls it"},
	{"appliance/web/component", "net/http", "it writes to a writer; who serves pages is another matter"},
	{"appliance/web/component", "fmt", "values are strings: nothing is formatted by reflection"},
	{"appliance/mdns", "pillarbox/...", "a leaf: what is announced is given to it"},
	{"appliance/doctor", "pillarbox/...", "a leaf: it judges values"},
	{"appliance/doctor", "go.uber.org/zap/...", "it returns findings; who calls it shows them"},
	{"appliance/smtpd", "pillarbox/spool/...", "a protocol knows no store: intake.go is what it asks of one"},
	{"appliance/smtpd", "pillarbox/pop3", "a receiver does not know how mail goes out; it shares the lines and the mechanisms"},
	{"appliance/smtpd", "pillarbox/watchdog/...", "pillars do not know one another"},
	{"appliance/smtpd", "pillarbox/appliance/... but pillarbox/appliance/names", "a receiver asks its router and has its limits and its certificate as fields"},
	{"appliance/smtpd/conn", "pillarbox/... but pillarbox/pop3/wire", "lines and content in, replies out: it knows neither sessions nor commands"},
	{"appliance/smtpd/conn", "go.uber.org/zap/...", "it returns errors; the session logs"},
	{"spool", "pillarbox/pop3/...", "a store knows no protocol"},
	{"spool", "pillarbox/appliance/...", "a pillar does not know the roof"},
	{"spool", "pillarbox/watchdog/...", "pillars do not know one another"},
	{"spool", "net", "mail comes in and goes out elsewhere; files are all that a store touches"},
	{"spool", "go.uber.org/zap/...", "a store returns errors and Stats; who calls it logs"},
	{"spool/flash", "pillarbox/... but pillarbox/spool/flash", "a leaf: files and directories"},
	{"spool/flash/flashtest", "pillarbox/... but pillarbox/spool/flash", "a stand-in for a device: it knows no spool"},
	{"spool/format", "pillarbox/... but pillarbox/spool/flash", "bytes and values: it knows no spool and holds no lock"},
	{"spool/index", "pillarbox/... but pillarbox/spool/format", "what is in memory of each message: it knows no file"},
	{"spool/slots", "pillarbox/... but pillarbox/spool/flash pillarbox/spool/format", "files and counters: it knows no message"},
	{"spool/reader", "pillarbox/... but pillarbox/spool/flash pillarbox/spool/format pillarbox/spool/index", "it reads where it is told, from pinned files, and writes nothing"},
	{"spool/commit", "pillarbox/... but pillarbox/spool/flash pillarbox/spool/format pillarbox/spool/index pillarbox/spool/reader pillarbox/spool/slots", "the only writer: it knows no start and no view"},
	{"spool/recovery", "pillarbox/spool", "the API stands above a start"},
	{"spool/format spool/index spool/slots spool/reader spool/commit", "pillarbox/spool/recovery", "what a start makes does not know how it was made"},
	{"!spool", "pillarbox/spool/commit", "a part of the spool: its API is package spool"},
	{"!spool", "pillarbox/spool/index", "a part of the spool: its API is package spool"},
	{"!spool", "pillarbox/spool/recovery", "a part of the spool: its API is package spool"},
	{"!spool", "pillarbox/spool/slots", "a part of the spool: its API is package spool"},
	{"!spool", "pillarbox/spool/reader", "a part of the spool: its API is package spool"},
	{"watchdog", "pillarbox/...", "checks report health: it knows nothing of what it guards"},
	{"watchdog", "pillarbox/watchdog/device", "the feeder feeds an interface: which device it is, the appliance chooses"},
	{"watchdog/device", "pillarbox/...", "a leaf: it knows neither the feeder nor what is guarded"},
	{"watchdog/watchdogtest", "pillarbox/...", "a stand-in for devices: it knows no feeder"},
	{"watchdog/device", "go.uber.org/zap/...", "a device returns errors; the caller logs"},
	{"appliance/access", "pillarbox/... but pillarbox/appliance/accounts pillarbox/appliance/durable pillarbox/appliance/names pillarbox/pop3/sasl", "it decides for every protocol and knows none: the mechanisms' proofs and the accounts are all that it needs"},
	{"appliance/access", "go.uber.org/zap/...", "it returns what to log, and how often; its caller logs"},
	{"appliance/accounts", "pillarbox/... but pillarbox/appliance/durable pillarbox/appliance/names", "a leaf, but for how a file is replaced, and the rules of names"},
	{"appliance/admin", "pillarbox/pop3", "commands need no protocol; wire form is shared"},
	{"appliance/admin", "pillarbox/appliance/smtpd", "what is imported goes through delivery"},
	{"appliance/admin", "pillarbox/watchdog/...", "health is handed to it as values"},
	{"appliance/admin", "pillarbox/appliance/archive", "an archive is a client of it: both know package transfer"},
	{"appliance/archive", "pillarbox/... but pillarbox/appliance/durable pillarbox/appliance/transfer", "it reads and writes files, and knows no spool"},
	{"appliance/cardupdate", "pillarbox/...", "a leaf: what may be installed is decided from the update and the keys alone"},
	{"appliance/certs", "pillarbox/... but pillarbox/appliance/durable", "a leaf, but for how a file is replaced; whether the clock is trusted is handed to it"},
	{"appliance/clock", "pillarbox/... but pillarbox/appliance/durable", "a leaf, but for how a file is replaced"},
	{"appliance/config", "pillarbox/... but pillarbox/appliance/names pillarbox/appliance/remote/provider", "a leaf, but for the rules of names and the table of providers"},
	{"appliance/confine", "pillarbox/...", "a leaf"},
	{"appliance/delivery", "pillarbox/... but pillarbox/appliance/access pillarbox/appliance/accounts pillarbox/appliance/config pillarbox/appliance/mailbox pillarbox/appliance/retention pillarbox/pop3/wire pillarbox/spool", "the one way into the spool knows no protocol: each source translates its errors"},
	{"appliance/durable", "pillarbox/...", "a leaf"},
	{"appliance/guard", "pillarbox/... but pillarbox/appliance/config pillarbox/appliance/durable pillarbox/appliance/statedir pillarbox/watchdog pillarbox/watchdog/device", "it feeds a device; what is checked, its caller hands over"},
	{"appliance/identity", "pillarbox/... but pillarbox/appliance/certs pillarbox/appliance/config pillarbox/appliance/machine", "names and addresses, from the configuration and the interfaces alone"},
	{"appliance/imapexport", "pillarbox/... but pillarbox/appliance/transfer pillarbox/appliance/archive", "it takes what an export gives"},
	{"appliance/listen", "pillarbox/... but pillarbox/appliance/access pillarbox/appliance/config pillarbox/appliance/durable pillarbox/appliance/statedir", "it accepts for every protocol and speaks none: servers are interfaces"},
	{"appliance/logging", "pillarbox/... but pillarbox/appliance/access", "it counts lines by client in the one table of clients"},
	{"!appliance/logging", "go.uber.org/zap/zapcore", "one place decides what a line looks like and how many there are"},
	{"appliance/machine", "pillarbox/...", "a leaf"},
	{"appliance/mailbox", "pillarbox/... but pillarbox/appliance/accounts pillarbox/appliance/config pillarbox/appliance/retention pillarbox/spool", "it applies the configuration to one mailbox"},
	{"appliance/names", "pillarbox/...", "a leaf: rules that leaves share"},
	{"appliance/outbound", "pillarbox/... but pillarbox/appliance/durable pillarbox/spool pillarbox/pop3/wire pillarbox/appliance/confine pillarbox/appliance/remote/child pillarbox/appliance/remote/trust pillarbox/appliance/remote/flatjson", "it decides what is sent and when: accounts, sessions and mailboxes are handed to it; only its child connects"},
	{"appliance/outbound", "pillarbox/appliance/outbound/child", "which process has a session, the appliance chooses"},
	{"appliance/outbound/smarthost", "pillarbox/... but pillarbox/pop3/wire pillarbox/appliance/remote/flatjson", "a protocol knows no queue and no account"},
	{"appliance/outbound/report", "pillarbox/...", "a leaf: it writes text"},
	{"appliance/outbound/link", "pillarbox/... but pillarbox/appliance/outbound/smarthost", "it carries the values of a session"},
	{"appliance/outbound/child", "pillarbox/spool/...", "the child has no access to the spool"},
	{"appliance/outbound/child appliance/outbound/link appliance/outbound/smarthost", "go.uber.org/zap/...", "the child has no log; errors go to the server"},
	{"appliance/retention", "pillarbox/... but pillarbox/appliance/clock", "it decides by days alone: a store is an interface, and accounts are names"},
	{"appliance/remote", "pillarbox/spool/...", "a collection knows no store: store.go is what it asks of one"},
	{"appliance/remote", "pillarbox/pop3", "the client of POP3 shares the lines with the server, and nothing else"},
	{"appliance/remote/provider", "pillarbox/...", "a leaf: data"},
	{"appliance/remote/session appliance/remote/fingerprint", "pillarbox/...", "leaves"},
	{"appliance/remote/login appliance/remote/trust", "pillarbox/... but pillarbox/appliance/remote/session pillarbox/appliance/remote/flatjson", "what sessions are made of"},
	{"appliance/remote/link", "pillarbox/... but pillarbox/appliance/remote/session pillarbox/appliance/remote/oauth", "what sessions are made of"},
	{"appliance/remote/flatjson", "pillarbox/...", "a leaf: it reads text"},
	{"appliance/remote/oauth", "pillarbox/... but pillarbox/appliance/remote/session pillarbox/appliance/remote/flatjson", "a protocol knows no account and no file"},
	{"appliance/remote/grant", "pillarbox/... but pillarbox/appliance/remote/oauth pillarbox/appliance/remote/secret pillarbox/appliance/remote/session", "it keeps tokens: who sends requests and tells people is handed to it"},
	{"appliance/remote/secret", "pillarbox/... but pillarbox/appliance/durable", "a leaf, but for how a file is replaced"},
	{"appliance/remote/popclient", "pillarbox/... but pillarbox/appliance/remote/session pillarbox/appliance/remote/login pillarbox/pop3/wire", "a protocol knows no account and no store"},
	{"appliance/remote/imapfetch", "pillarbox/... but pillarbox/appliance/remote/session pillarbox/appliance/remote/login pillarbox/appliance/remote/fingerprint", "a protocol knows no account and no store"},
	{"appliance/remote/child", "pillarbox/appliance/remote/secret", "the child has the secret of its session and no other"},
	{"appliance/remote/session appliance/remote/popclient appliance/remote/imapfetch appliance/remote/link appliance/remote/child", "go.uber.org/zap/...", "the child has no log; errors go to the server"},
	{"appliance/sendmail", "pillarbox/... but pillarbox/appliance/names", "a leaf, but for the rules of names: it reaches the server by its sockets, as other programs do"},
	{"appliance/statedir", "pillarbox/... but pillarbox/appliance/accounts pillarbox/appliance/config pillarbox/appliance/confine pillarbox/appliance/durable pillarbox/appliance/names", "names and rights of files; what is in them, other packages know"},
	{"appliance/storage", "pillarbox/... but pillarbox/appliance/config pillarbox/appliance/machine pillarbox/appliance/statedir pillarbox/spool pillarbox/spool/flash", "it opens a spool, for a server and for a command"},
	{"appliance/transfer", "pillarbox/... but pillarbox/pop3/wire", "a leaf over wire form: archive, export and control socket share it"},
	{"cmd/pillarbox", "pillarbox/spool pillarbox/spool/format pillarbox/spool/index", "a command reaches the spool by the control socket"},
	{"cmd/pillarbox", "pillarbox/pop3/...", "a command speaks no protocol"},
	{"cmd/pillarbox", "pillarbox/watchdog/...", "a command asks the server for its health"},
	{"cmd/pillarbench/siege", "pillarbox/...", "an attacker has nothing but the wire"},
	{"cmd/pillarbench/client", "pillarbox/...", "a client shares no code with the servers that it tests"},
	{"cmd/pillarbench/measure", "pillarbox/...", "it measures processes and devices of any server"},
	{"cmd/pillarbench/board", "pillarbox/...", "it emulates hardware, which knows no software"},
	{"cmd/pillarbench/disk", "pillarbox/...", "it emulates hardware, which knows no software"},
	{"cmd/pillarbench/server", "pillarbox/... but pillarbox/cmd/pillarbench/client", "servers are started and observed from outside"},
	{"cmd/pillarbench/bare", "pillarbox/... but pillarbox/cmd/pillarbench/client", "the bare server shares no code with the servers beside it"},
	{"cmd/pillarbench/mailhost", "pillarbox/... but pillarbox/cmd/pillarbench/client", "the provider shares no code with the server that fetches from it"},
	{"cmd/pillarbench/provider", "pillarbox/... but pillarbox/cmd/pillarbench/client pillarbox/cmd/pillarbench/server", "a provider is a server, reached from outside"},
	{"cmd/pillarbench/smarthost", "pillarbox/...", "a smarthost shares no code with what sends to it"},
	{"cmd/pillarbench/fetcher", "pillarbox/... but pillarbox/cmd/pillarbench/client pillarbox/cmd/pillarbench/measure pillarbox/cmd/pillarbench/provider pillarbox/cmd/pillarbench/server", "fetchers are started and observed from outside"},
	{"cmd/pillarbench/queue", "pillarbox/... but pillarbox/cmd/pillarbench/client pillarbox/cmd/pillarbench/server pillarbox/cmd/pillarbench/smarthost", "queues are started and observed from outside"},
	{"cmd/pillarbench/testbed", "pillarbox/... but pillarbox/cmd/pillarbench/board pillarbox/cmd/pillarbench/client pillarbox/cmd/pillarbench/disk", "a server on emulated hardware, reached by clients"},
	{"cmd/pillarbench/crash cmd/pillarbench/hostile cmd/pillarbench/bench", "pillarbox/appliance/...", "tests of a server from outside"},
	{"cmd/pillarbench/bare cmd/pillarbench/bench cmd/pillarbench/client cmd/pillarbench/crash cmd/pillarbench/fetcher cmd/pillarbench/hostile cmd/pillarbench/mailhost cmd/pillarbench/measure cmd/pillarbench/provider cmd/pillarbench/queue cmd/pillarbench/server cmd/pillarbench/smarthost cmd/pillarbench/testbed", "flag", "only the subcommands read the command line"},
	{"!cmd", "pillarbox/appliance", "nothing rests on the roof; only the door opens into it"},

	{"!spool/format", "github.com/tinylib/msgp/...", "only the records of the spool are msgp"},
	{"appliance", "pillarbox/cmd/...", "a program stands on it"},
	{"!appliance", "github.com/fsnotify/fsnotify", "only the appliance watches files"},
	{"!appliance/confine", "github.com/landlock-lsm/...", "one place takes rights away, and never gives any"},
	{"!appliance/confine", "kernel.org/pub/linux/libs/security/libcap/psx", "one place takes rights away, from all threads"},
	{"!appliance/archive", "github.com/klauspost/compress/...", "only an import unpacks: messages that Dovecot compressed; 190 KiB for zstd, the rest of it is not needed"},
	{"!appliance/config", "github.com/pelletier/go-toml/...", "only the configuration is TOML"},
	{"!spool/flash watchdog/device cmd pop3/ktls/ktlstest appliance/confine appliance/archive appliance/machine appliance/mdns appliance/statedir", "golang.org/x/sys/...", "direct writes, a watchdog, a terminal, the ids of one thread, the driver of an interface, a filter of packets, files in folders of others and the birth of a file need calls beyond the standard library, nothing else does"},
	{"!", "github.com/emersion/go-smtp/...", "that receiver runs body lines as commands after a slow DATA, hangs on one legal end of data, loses bytes on another"},
	{"!appliance/imapexport appliance/remote/imapfetch cmd/pillarbench/mailhost", "github.com/emersion/...", "an export, a collection and the provider of the power cuts speak IMAP, nothing else does"},
	{"appliance/imapexport", "pillarbox/... but pillarbox/appliance/transfer pillarbox/appliance/archive", "it takes what an export gives"},
	{"!cmd", "flag", "a package takes values, not command lines"},
	{"!appliance/web appliance/remote/oauth cmd/pillarbench/hostile", "net/http", "only the page speaks HTTP; a login of OAuth 2.0 and the benchmark, which opens the page, read answers"},
	{"!appliance/remote/oauth", "golang.org/x/oauth2", "one place builds the address of a consent; the rest of that library costs 253 KB"},
	{"!", "golang.org/x/oauth2/... but golang.org/x/oauth2", "providers are data of package provider"},
	{"!", "github.com/a-h/templ/...", "the generator of the pages; what its code calls is appliance/web/component, because templ's own packages add 0.4 MB"},
	{"!appliance/web/qr", "rsc.io/qr/...", "one place draws codes; 34 KB"},
	{"!", "encoding/json", "nothing is stored or told in JSON"},
	{"!", "html/template", "two megabytes of flash"},
	{"!", "log", "zap logs"},
	{"!", "log/slog", "zap logs"},
}

// TestForbiddenImports reads the imports of every file of the program, tests left out.
func TestForbiddenImports(t *testing.T) {
	imports := importsOf(t, "..")
	if len(imports) < 50 {
		t.Fatalf("only %d files were found", len(imports))
	}
	for _, rule := range forbidden {
		for file, paths := range imports {
			if !covers(rule.in, filepath.ToSlash(filepath.Dir(file))) {
				continue
			}
			for _, path := range paths {
				if matches(rule.not, path) && (path == rule.not || !own(rule.in, path)) {
					t.Errorf("%s imports %q: %s", file, path, rule.why)
				}
			}
		}
	}
}

// TestOneSeam: of the appliance and all that is below it, seams.go alone names two of the packages
// that do not know one another.
func TestOneSeam(t *testing.T) {
	apart := []string{"pillarbox/pop3", "pillarbox/appliance/smtpd", "pillarbox/spool", "pillarbox/watchdog"}
	for file, paths := range importsOf(t, ".") {
		var named []string
		for _, path := range paths {
			if slices.Contains(apart, path) {
				named = append(named, path)
			}
		}
		if len(named) > 1 && file != "seams.go" {
			t.Errorf("%s imports %v", file, named)
		}
		if file == "seams.go" && len(named) != 2 {
			t.Errorf("seams.go imports %v: it is no seam", named)
		}
	}
	text, err := os.ReadFile("seams.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n > 150 {
		t.Errorf("seams.go has %d lines: it is more than a seam", n)
	}
}

// TestEachPackageHasARow: what a package may import is decided, with a reason, when it is made.
func TestEachPackageHasARow(t *testing.T) {
	rows := map[string]bool{}
	for _, rule := range forbidden {
		if rule.why == "" {
			t.Errorf("%s, %s: no reason", rule.in, rule.not)
		}
		if !strings.HasPrefix(rule.in, "!") {
			for place := range strings.FieldsSeq(rule.in) {
				rows[place] = true
			}
		}
	}
	missing := map[string]bool{}
	for file := range importsOf(t, "..") {
		folder := filepath.ToSlash(filepath.Dir(file))
		product := strings.HasPrefix(folder, "cmd/pillarbox/") || folder == "cmd/pillarbox"
		for _, top := range []string{"appliance", "pop3", "spool", "watchdog"} {
			product = product || folder == top || strings.HasPrefix(folder, top+"/")
		}
		if product && !rows[folder] && !missing[folder] {
			missing[folder] = true
			t.Errorf("%s has no row in the table of forbidden imports", folder)
		}
	}
}

// TestPillarsAlone: what go list finds below a pillar are packages of the pillar only, also by way
// of another package.
func TestPillarsAlone(t *testing.T) {
	for _, pillar := range []string{"pop3", "spool", "watchdog"} {
		list := exec.Command("go", "list", "-deps", "./"+pillar+"/...")
		list.Dir = ".."
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		packages := strings.Fields(string(out))
		if !slices.Contains(packages, "pillarbox/"+pillar) {
			t.Fatalf("go list found %q", packages)
		}
		for _, path := range packages {
			own, ours := strings.CutPrefix(path, "pillarbox/")
			if ours && own != pillar && !strings.HasPrefix(own, pillar+"/") {
				t.Errorf("%s depends on %s", pillar, path)
			}
		}
	}
}

// covers says whether a rule's place holds for a folder.
func covers(in, folder string) bool {
	places, everywhereElse := strings.CutPrefix(in, "!")
	for place := range strings.FieldsSeq(places) {
		if folder == place || strings.HasPrefix(folder, place+"/") {
			return !everywhereElse
		}
	}
	return everywhereElse
}

// own reports whether an import is of the place itself. Its parts may import each other, unless a
// rule names one of them.
func own(in, path string) bool {
	return strings.HasPrefix(path, "pillarbox/"+in+"/")
}

// matches says whether an import is what a rule forbids.
func matches(not, path string) bool {
	not, but, _ := strings.Cut(not, " but ")
	if slices.Contains(strings.Fields(but), path) {
		return false
	}
	for one := range strings.FieldsSeq(not) {
		subtree, below := strings.CutSuffix(one, "/...")
		if path == subtree || below && strings.HasPrefix(path, subtree+"/") {
			return true
		}
	}
	return false
}

// importsOf returns the imports of the Go files below root, by file.
func importsOf(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found[name] = nil
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[name] = append(found[name], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
