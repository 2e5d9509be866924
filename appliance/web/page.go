package web

import (
	"net/http"

	"pillarbox/appliance/web/component"
)

// page answers with a page.
func (s *Server) page(q *request, status int, title string, body component.Component) {
	q.begun = true
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.WriteHeader(status)
	if q.Method == http.MethodHead {
		return
	}
	layout(s.frame(q, title), body).Render(q.Context(), q.w) // an error is that of the connection
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
