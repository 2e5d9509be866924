package appliance

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
)

// withPage returns settings with a page on free ports of the loopback.
func withPage(state string) *config.Config {
	c := settings(state)
	c.Web.Listen, c.Web.ListenTLS = []string{"127.0.0.1:0"}, []string{"127.0.0.1:0"}
	return c
}

// pageAddr returns the address of the page with or without TLS.
func (b *box) pageAddr(secured bool) string {
	b.t.Helper()
	for _, l := range b.page.listeners.Listeners() {
		if l.TLS == secured {
			return l.Addr().String()
		}
	}
	b.t.Fatal("the page has no listener")
	return ""
}

// A visitor is a browser at the page with TLS.
type visitor struct {
	*http.Client
	t    *testing.T
	site string
}

func (b *box) visit() *visitor {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: b.trust()}
	b.t.Cleanup(transport.CloseIdleConnections)
	return &visitor{&http.Client{Transport: transport, Jar: jar}, b.t, "https://" + b.pageAddr(true)}
}

var formToken = regexp.MustCompile(`name="token" value="([0-9a-f]+)"`)

// get returns a page.
func (v *visitor) get(path string) string {
	v.t.Helper()
	answer, err := v.Get(v.site + path)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.body(answer)
}

func (v *visitor) body(answer *http.Response) string {
	v.t.Helper()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return string(text)
}

// post sends the form of a page, and returns where that led to and what is there.
func (v *visitor) post(page, path string, form url.Values) (at, body string) {
	v.t.Helper()
	found := formToken.FindStringSubmatch(v.get(page))
	if found == nil {
		v.t.Fatalf("%s has no form", page)
	}
	form.Set("token", found[1])
	request, err := http.NewRequest("POST", v.site+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", v.site)
	answer, err := v.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer.Request.URL.Path, v.body(answer)
}

// The password of the first start opens the page; a person who is added there reads mail at once,
// and the page shows with what.
func TestPage(t *testing.T) {
	b := start(t, withPage(t.TempDir()), Options{})
	text, err := os.ReadFile(filepath.Join(b.state, statedir.FirstLoginFile))
	if err != nil {
		t.Fatal(err)
	}
	password := regexp.MustCompile(`Password +(\S+)`).FindStringSubmatch(string(text))[1]
	v := b.visit()
	if at, body := v.post("/log-in", "/log-in", url.Values{"user": {"mail"}, "password": {password}}); at != "/me" {
		t.Fatalf("log-in led to %s:\n%s", at, body)
	}
	_, sheet := v.post("/people", "/people", url.Values{"name": {"anna"}, "password": {"a-long-secret"}})
	if !strings.Contains(sheet, "anna@home.arpa") || !strings.Contains(sheet, "a-long-secret") {
		t.Fatalf("the sheet is\n%s", sheet)
	}
	c := b.dial("pop3.listen_tls")
	c.must("USER anna+phone", "PASS a-long-secret")
	hers := b.visit()
	hers.post("/log-in", "/log-in", url.Values{"user": {"anna"}, "password": {"a-long-secret"}})
	if body := hers.get("/me"); !strings.Contains(body, "anna+phone") || !strings.Contains(body, "TLS 1.3") {
		t.Errorf("her page is\n%s", body)
	}
	if at, body := hers.post("/me", "/me/test", url.Values{}); at != "/me" || !strings.Contains(body, "1 message,") {
		t.Errorf("the test message led to %s:\n%s", at, body)
	}
	if body := hers.get("/people"); !strings.Contains(body, "for administrators") {
		t.Errorf("she sees all people:\n%s", body)
	}
	for path, want := range map[string]string{"/status": "Health checks", "/system": "Doctor", "/people": "anna"} {
		if body := v.get(path); !strings.Contains(body, want) {
			t.Errorf("%s is\n%s", path, body)
		}
	}
	v.post("/people/anna", "/people/anna", url.Values{"do": {"remove"}, "name": {"anna"}})
	if body := hers.get("/me"); !strings.Contains(body, "<h1>Log in</h1>") {
		t.Errorf("her session goes on:\n%s", body)
	}
}

// Nobody administers the page of a state directory of release 1, until web.admins says who does;
// and no account inherits it by its name.
func TestAdministrator(t *testing.T) {
	state := t.TempDir()
	family(t, state, "mail", "anna")
	b := start(t, withPage(state), Options{})
	in := b.rules.Load()
	for _, name := range []string{"mail", "anna"} {
		if b.page.administers(in.config, in.table, name) {
			t.Errorf("%s does", name)
		}
	}
	c := *in.config
	c.Web.Admins = []string{"anna"}
	if !b.page.administers(&c, in.table, "anna") || b.page.administers(&c, in.table, "mail") {
		t.Error("web.admins is not what counts")
	}
	account, _ := in.table.Lookup("mail")
	if err := storeAdmin(state, account.Mailbox); err != nil {
		t.Fatal(err)
	}
	b.page.admin = loadAdmin(state, b.Appliance.log)
	if !b.page.administers(in.config, in.table, "mail") {
		t.Error("the account of the file does not")
	}
	b.edit(func(table *accounts.Table) (*accounts.Table, error) { return table.Remove("mail") })
	b.edit(func(table *accounts.Table) (*accounts.Table, error) { return table.Add("mail", "another-one") })
	b.Reload()
	in = b.rules.Load()
	if b.page.administers(in.config, in.table, "mail") {
		t.Error("an account of the same name inherits it")
	}
}

// Who administers the page is stored before the accounts: a start that is cut in between, or that
// cannot store it, is followed by another first start.
func TestAdministratorBeforeAccounts(t *testing.T) {
	state := t.TempDir()
	blocked := filepath.Join(state, statedir.AdminFile)
	if err := os.MkdirAll(filepath.Join(blocked, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := firstStart{state: state, terminal: io.Discard, log: zap.NewNop()}
	if _, _, err := f.openAccounts(nil); err == nil {
		t.Fatal("no error")
	}
	if _, err := os.Lstat(filepath.Join(state, statedir.AccountsFile)); err == nil {
		t.Error("there are accounts, and nobody administers them")
	}
	os.RemoveAll(blocked)
	table, _, err := f.openAccounts(nil)
	if err != nil {
		t.Fatal(err)
	}
	if account, ok := table.First(); !ok || loadAdmin(state, f.log) != account.Mailbox {
		t.Error("the first account does not administer the page")
	}
}

// A port that is taken is a warning, and a reload opens it once it is free.
func TestPagePortIsTaken(t *testing.T) {
	holder, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	c := withPage(t.TempDir())
	c.Web.Listen = []string{holder.Addr().String()}
	b := start(t, c, Options{})
	b.dial("pop3.listen_tls")
	if !b.logged("the page is off at this address; mail is not affected") {
		t.Error("no warning")
	}
	holder.Close()
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get("http://" + holder.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

// A crowd at the page takes no place of mail, and the page itself makes room.
func TestCrowdAtThePage(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, withPage(state), Options{})
	for range 100 {
		for _, secured := range []bool{false, true} {
			conn, err := net.Dial("tcp", b.pageAddr(secured))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
	}
	if n := b.clients.Sessions(); n != 0 {
		t.Errorf("they are %d sessions of mail", n)
	}
	b.login("pop3.listen", "anna")
	answer, err := http.Get("http://" + b.pageAddr(false) + "/")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if n := b.page.acceptor.Sessions.Len(); n > 3*pageSessions {
		t.Errorf("%d connections are open", n)
	}
}

// The page answers only whom allow names.
func TestPageAllow(t *testing.T) {
	c := withPage(t.TempDir())
	only, err := config.ParsePrefixes([]string{"192.0.2.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	c.Allow = only
	b := start(t, c, Options{})
	if answer, err := http.Get("http://" + b.pageAddr(false) + "/"); err == nil {
		answer.Body.Close()
		t.Errorf("status %d", answer.StatusCode)
	}
}

// Wrong passwords at the page count as those of a mail client do.
func TestPageLimitsLogins(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, withPage(state), Options{})
	v := b.visit()
	form := url.Values{"user": {"anna"}, "password": {"wrong"}}
	if _, body := v.post("/log-in", "/log-in", form); !strings.Contains(body, "is wrong") {
		t.Errorf("the page is\n%s", body)
	}
	if _, err := b.logins.Check(t.Context(), access.Credentials{Client: access.ClientAt(netip.MustParseAddr("127.0.0.1")), User: "anna", Password: "wrong"}); err != access.ErrWrong {
		t.Errorf("%v", err)
	}
}

// Eight clients of an account are remembered, one row for each view or address.
func TestDevices(t *testing.T) {
	var d devices
	near, _ := net.Pipe()
	now := time.Unix(1795000000, 0)
	for n := range 12 {
		d.note("anna", "anna+"+string(rune('a'+n)), near, "POP3", now.Add(time.Duration(n)*time.Second))
	}
	d.note("anna", "anna+l", near, "POP3", now.Add(time.Minute))
	rows := d.of("anna")
	if len(rows) != mostDevices || rows[0].view != "anna+l" || rows[1].view != "anna+k" {
		t.Errorf("%+v", rows)
	}
	table, err := accounts.Parse("accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	d.keep(table)
	if rows := d.of("anna"); len(rows) != 0 {
		t.Errorf("of an account that was removed: %+v", rows)
	}
}
