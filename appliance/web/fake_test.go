package web

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/web/autoconfig"
)

// A fakeBackend is a Backend with accounts in memory.
type fakeBackend struct {
	passwords map[string]string // by account
	admins    []string
	sent      []string // to whom test messages went
	panics    bool
	looked    int  // how often the state was asked for
	slow      bool // a password has no turn before its context ends
}

func newFakeBackend() *fakeBackend {
	return &fakeBackend{passwords: map[string]string{"anna": "first-secret", "ben": "other-secret"}, admins: []string{"anna"}}
}

func (h *fakeBackend) Facts() Facts {
	if h.panics {
		panic("a fault of the test")
	}
	return Facts{
		Hostname: "nas.home.arpa", Names: []string{"nas.home.arpa", "nas", "nas.local", "mail.example"},
		Domains:  []string{"home.arpa", "nas.local"},
		Incoming: []autoconfig.Endpoint{{Port: 110}, {Port: 995, Implicit: true}},
		Outgoing: []autoconfig.Endpoint{{Port: 587}, {Port: 465, Implicit: true}},
		KeepDays: 30, Fingerprint: "3A:91", Authority: []byte("authority"), AuthorityPrint: "77:01", HTTPS: 443, Version: "2.0",
	}
}

func (h *fakeBackend) Well() bool {
	h.looked++
	return true
}

func (h *fakeBackend) LogIn(ctx context.Context, _ net.Conn, user, password string) (Login, error) {
	if h.slow {
		<-ctx.Done()
		return Login{}, ctx.Err()
	}
	switch {
	case user == "busy":
		return Login{}, ErrBusy
	case h.passwords[user] != password || password == "":
		return Login{}, ErrWrong
	}
	return Login{user, password}, nil
}

func (h *fakeBackend) Holds(l Login) bool             { return h.passwords[l.Account] == l.Verifier }
func (h *fakeBackend) Admin(account string) bool      { return slices.Contains(h.admins, account) }
func (h *fakeBackend) Seen(from netip.Addr) time.Time { return time.Time{} }

func (h *fakeBackend) People() (list []Person) {
	for _, name := range []string{"anna", "ben", "carl", "<b>"} {
		if _, ok := h.passwords[name]; ok {
			list = append(list, Person{Name: name, Address: name + "@home.arpa", Messages: 3, Octets: 5 << 20, Limit: 64 << 20, Admin: h.Admin(name)})
		}
	}
	return list
}

func (h *fakeBackend) Devices(string) []Device {
	return []Device{{Name: "anna+phone", Protocol: "POP3", TLS: "TLS 1.3", At: time.Now()}, {Name: "192.168.7.30", Protocol: "POP3", At: time.Now()}}
}

func (h *fakeBackend) Add(_ context.Context, name, password string) (string, error) {
	if _, exists := h.passwords[name]; exists {
		return "", errors.New("the account exists")
	}
	return h.SetPassword(context.Background(), name, password)
}

func (h *fakeBackend) SetPassword(_ context.Context, name, password string) (string, error) {
	if password == "" {
		password = "k7dn-w3px-9qhm-2vtr"
	}
	if len(password) < 8 {
		return "", errors.New("a password has at least 8 characters")
	}
	h.passwords[name] = password
	return password, nil
}

func (h *fakeBackend) Remove(_ context.Context, name string) error {
	delete(h.passwords, name)
	return nil
}

func (h *fakeBackend) TestMessage(_ context.Context, account string) error {
	h.sent = append(h.sent, account)
	return nil
}

func (h *fakeBackend) Status(context.Context) Status {
	return Status{Live: 64 << 20, Capacity: 1 << 30, Written: 2 << 30, Checks: []Check{{Name: "pop3", Holds: true}, {Name: "disk", Fault: "slow"}}, Watchdog: "/dev/watchdog0"}
}

func (h *fakeBackend) Examine(context.Context) []Finding {
	return []Finding{{"OK", "clock", "is trusted", ""}, {"FAIL", "spool", "is read-only", "replace the card"}}
}

func (h *fakeBackend) LogTail() (lines []string) {
	for n := range 50 {
		lines = append(lines, "2026-11-30T10:04:11Z info  ready "+strings.Repeat("x", 200)+strconv.Itoa(n))
	}
	return lines
}

// A browser sends requests to a server as one that runs no script does: it keeps cookies, and sends
// what a browser sends with a form.
type browser struct {
	t       *testing.T
	s       *Server
	h       *fakeBackend
	cookies map[string]string
	from    string
}

func newBrowser(t *testing.T) *browser {
	h := newFakeBackend()
	return &browser{t: t, s: NewServer(h, zap.NewNop()), h: h, cookies: map[string]string{}, from: "192.168.7.21:40000"}
}

// do sends a request; change changes it first.
func (b *browser) do(method, address string, form url.Values, change func(*http.Request)) *http.Response {
	b.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.from
	secure := strings.HasPrefix(address, "https:")
	if secure {
		r.TLS = &tls.ConnectionState{}
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", strings.SplitN(address, "/", 4)[0]+"//"+r.Host)
		if secure {
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	if secure || strings.Contains(address, "//localhost") {
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	b.s.serveHTTP(w, r)
	answer := w.Result()
	for _, c := range answer.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return answer
}

func (b *browser) get(address string) (status int, body string) {
	b.t.Helper()
	answer := b.do("GET", address, nil, nil)
	return answer.StatusCode, textOf(answer)
}

func textOf(answer *http.Response) string {
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := answer.Body.Read(buf)
		text.Write(buf[:n])
		if err != nil {
			return text.String()
		}
	}
}

var tokens = regexp.MustCompile(`name="token" value="([0-9a-f]{64})"`)

// token returns that of the first form of a page.
func (b *browser) token(address string) string {
	b.t.Helper()
	_, body := b.get(address)
	found := tokens.FindStringSubmatch(body)
	if found == nil {
		b.t.Fatalf("%s has no token:\n%s", address, body)
	}
	return found[1]
}

const site = "https://nas.home.arpa"

// logIn logs in, and fails the test if that does not work.
func (b *browser) logIn(user, password string) {
	b.t.Helper()
	delete(b.cookies, sessionCookie)
	form := url.Values{"token": {b.token(site + "/log-in")}, "user": {user}, "password": {password}}
	answer := b.do("POST", site+"/log-in", form, nil)
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/me" {
		b.t.Fatalf("log-in: %d\n%s", answer.StatusCode, textOf(answer))
	}
}

// post sends a form with the token of a page.
func (b *browser) post(page, path string, form url.Values) *http.Response {
	b.t.Helper()
	form.Set("token", b.token(site+page))
	return b.do("POST", site+path, form, nil)
}
