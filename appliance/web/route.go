package web

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
)

// access is who may see a page.
type access int

const (
	public  access = iota
	secured        // over TLS, or on this machine
	user           // with a session
	admin          // with that of an administrator
)

// A route is one row of the table of paths. A path that ends in "/" stands for what is one below.
type route struct {
	path  string
	who   access
	get   func(*Server, *request)
	post  func(*Server, *request)
	plain bool // a POST that changes nothing and needs no token
}

// routes is the table: there is no file system behind these paths.
var routes = []route{
	{path: "/", get: (*Server).home},
	{path: "/set-up/", get: (*Server).setUp},
	{path: "/ca.crt", get: (*Server).authority},
	{path: "/ca.mobileconfig", get: (*Server).authorityProfile},
	{path: "/mail/config-v1.1.xml", get: (*Server).autoconfig},
	{path: "/.well-known/autoconfig/mail/config-v1.1.xml", get: (*Server).autoconfig},
	{path: "/autodiscover/autodiscover.xml", post: (*Server).autodiscover, plain: true},
	{path: "/favicon.ico", get: nothing},
	{path: "/robots.txt", get: robots},
	{path: "/log-in", who: public, get: (*Server).logInForm, post: (*Server).logIn},
	{path: "/log-out", who: user, post: (*Server).logOut},
	{path: "/me", who: user, get: (*Server).me},
	{path: "/me/password", who: user, post: (*Server).ownPassword},
	{path: "/me/test", who: user, post: (*Server).testMessage},
	{path: "/me/mail.mobileconfig", who: user, get: (*Server).mailProfile},
	{path: "/people", who: admin, get: (*Server).people, post: (*Server).addPerson},
	{path: "/people/", who: admin, get: (*Server).person, post: (*Server).changePerson},
	{path: "/status", who: admin, get: (*Server).status},
	{path: "/system", who: admin, get: (*Server).system},
}

// serveHTTP answers one request: the checks of doc.go in their order, then its handler.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	q := &request{Request: r, w: w, host: hostOf(r.Host), now: time.Now()}
	defer s.recover(q)
	for _, h := range headers {
		w.Header().Set(h[0], h[1])
	}
	q.facts = s.Backend.Facts()
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if !ours(q.host, &q.facts) {
		q.facts.Hostname = "" // the page of an attacker may read the answer
		s.refuse(q, http.StatusMisdirectedRequest, "This name is not one of this server",
			"Open the page by one of the names or addresses that pillarbox setup shows. To allow a further name, add it to web.names in the configuration.")
		return
	}
	if r.URL.Path == s.stylePath {
		serveStyle(q)
		return
	}
	row := q.find()
	if row == nil {
		s.refuse(q, http.StatusNotFound, "There is no such page", "")
		return
	}
	do := row.get
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		do = row.post
	default:
		do = nil
	}
	if do == nil {
		s.refuse(q, http.StatusMethodNotAllowed, "This page does not take the method "+r.Method, "")
		return
	}
	if r.Method == http.MethodPost && !row.plain && !s.mayPost(q) || !s.mayEnter(q, row.who) {
		return
	}
	if r.Method == http.MethodPost && row.who >= user && !equal(q.value("token"), q.session.token) {
		s.refuse(q, http.StatusForbidden, "This form is out of date", "Go back, load the page again and repeat what you did. Nothing was changed.")
		return
	}
	do(s, q)
}

// find returns the row of a path; nil if there is none. Outlook writes its path in any case.
func (q *request) find() *route {
	path := q.URL.Path
	if strings.EqualFold(path, "/autodiscover/autodiscover.xml") {
		path = strings.ToLower(path)
	}
	if i := slices.IndexFunc(routes, func(r route) bool { return r.path == path }); i >= 0 && (path == "/" || !strings.HasSuffix(path, "/")) {
		return &routes[i]
	}
	cut := strings.LastIndexByte(path, '/') + 1
	if i := slices.IndexFunc(routes, func(r route) bool { return r.path != "/" && r.path == path[:cut] }); i >= 0 && cut < len(path) {
		q.below = path[cut:]
		return &routes[i]
	}
	return nil
}

// mayPost refuses a POST that a page of another origin may have caused.
func (s *Server) mayPost(q *request) bool {
	switch {
	case !private(q.Request):
		s.refuse(q, http.StatusForbidden, "Changes need HTTPS", "Open this page by https:// and log in.")
	case !sameOrigin(q.Request):
		s.refuse(q, http.StatusForbidden, "This request did not come from a page of this server", "Nothing was changed. Open the page of the server in a new tab and repeat what you did.")
	case !strings.HasPrefix(q.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		s.refuse(q, http.StatusUnsupportedMediaType, "This is not a form of this server", "")
	default:
		return true
	}
	return false
}

// mayEnter finds the session of a request, and sends a browser without one to the log-in.
func (s *Server) mayEnter(q *request, who access) bool {
	if private(q.Request) {
		q.session = s.sessions.of(q.Request, s.Backend.Holds, q.now)
		if q.session != nil && s.LoggedIn != nil {
			s.LoggedIn(q.conn(), q.session.login)
		}
	}
	switch {
	case who < user:
		return true
	case !private(q.Request):
		s.refuse(q, http.StatusForbidden, "This page needs HTTPS", "Log in first.")
	case q.session == nil && q.Method == http.MethodPost:
		s.refuse(q, http.StatusForbidden, "You are not logged in", "Nothing was changed. Log in and repeat what you did.")
	case q.session == nil:
		q.redirect("/log-in")
	case who == admin && !s.Backend.Admin(q.session.login.Account):
		s.refuse(q, http.StatusForbidden, "This page is for administrators", "The key web.admins of the configuration names them.")
	default:
		return true
	}
	return false
}

// recover ends a request whose handler has panicked. It is logged once a minute.
func (s *Server) recover(q *request) {
	fault := recover()
	if fault == nil {
		return
	}
	s.mu.Lock()
	quiet := q.now.Sub(s.told) < time.Minute
	if !quiet {
		s.told = q.now
	}
	s.mu.Unlock()
	if !quiet {
		s.Log.Error("a page failed; mail is not affected", zap.String("path", q.URL.Path), zap.String("fault", fmt.Sprint(fault)), zap.ByteString("stack", debug.Stack()))
	}
	if !q.begun {
		s.refuse(q, http.StatusInternalServerError, "This page failed", "The log of the server says why. Mail is not affected.")
	}
}
