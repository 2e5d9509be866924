package web

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/web/autoconfig"
	"pillarbox/appliance/web/component"
)

// A request is one that is being answered.
type request struct {
	*http.Request
	w       http.ResponseWriter
	facts   Facts
	host    string // without port, in lower case
	below   string // what follows the path of the route
	session *session
	now     time.Time
	begun   bool // the answer has
}

// value returns a field of a form that was posted; "" if there is none. mayPost lets no other
// encoding in, so the parser of multipart forms stays out of the program.
func (q *request) value(name string) string {
	q.ParseForm() // a form that is broken lacks values, and what needs one refuses it
	return q.PostForm.Get(name)
}

// redirect sends the browser to another page of this server, with GET.
func (q *request) redirect(path string) {
	q.begun = true
	q.w.Header().Set("Location", path)
	q.w.WriteHeader(http.StatusSeeOther)
}

// connKey is the key of the connection in the context of a request.
type connKey struct{}

func (q *request) conn() net.Conn {
	conn, _ := q.Context().Value(connKey{}).(net.Conn)
	return conn
}

// settings returns what clients are set up with: the host is that of the request, because it is the
// one name that is known to work there; unless the certificate is not for it.
func (q *request) settings() autoconfig.Settings {
	domain := q.host
	for _, prefix := range setUpPrefixes {
		if below, ok := strings.CutPrefix(domain, prefix); ok && slices.Contains(q.facts.Domains, below) {
			domain = below
		}
	}
	domains, host := slices.Clone(q.facts.Domains), domain
	// A client looks for its settings under the domain of its address.
	if i := slices.Index(domains, domain); i >= 0 {
		domains[0], domains[i] = domains[i], domains[0]
		if !slices.Contains(q.facts.Names, domain) {
			host = q.facts.Hostname
		}
	}
	return autoconfig.Settings{
		Host: host, Domains: domains, Incoming: q.facts.Incoming, Outgoing: q.facts.Outgoing, KeepDays: q.facts.KeepDays,
	}
}

// https returns the address of a page with TLS at the same host; "" if there is none.
func (q *request) https(path string) string {
	if q.facts.HTTPS == 0 {
		return ""
	}
	return q.address("https://", q.facts.HTTPS, 443) + path
}

// plainPage returns the address of the first page, which a phone opens without a warning about the
// certificate if the page is served without TLS.
func (q *request) plainPage() string {
	if q.facts.HTTP == 0 {
		return q.https("/")
	}
	return q.address("http://", q.facts.HTTP, 80) + "/"
}

// address returns scheme, host and port; the usual port of the scheme is left out.
func (q *request) address(scheme string, port, usual int) string {
	host := net.JoinHostPort(q.host, strconv.Itoa(port))
	if port == usual {
		host = strings.TrimSuffix(host, ":"+strconv.Itoa(port))
	}
	return scheme + host
}

// page answers with a page.
func (s *Server) page(q *request, status int, title string, body component.Component) {
	q.begun = true
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.WriteHeader(status)
	if q.Method == http.MethodHead {
		return
	}
	layout(s.frame(q, title), body).Render(q.Context(), q.w) // an error means a broken connection
}

// refuse answers with a page that says what is wrong and what to do.
func (s *Server) refuse(q *request, status int, title, advice string) {
	s.page(q, status, title, refusal(advice))
}

// A frame is what surrounds every page.
type frame struct {
	title, host, style string
	account, token     string // of the session; "" without one
	admin              bool
	path               string
}

func (s *Server) frame(q *request, title string) frame {
	f := frame{title: title, host: q.facts.Hostname, style: s.stylePath, path: q.URL.Path}
	if q.session != nil {
		f.account, f.token = q.session.login.Account, q.session.token
		f.admin = s.Backend.Admin(f.account)
	}
	return f
}

// titled returns the title of the window.
func (f frame) titled() string {
	if f.host == "" {
		return f.title
	}
	return f.title + ", " + f.host
}
