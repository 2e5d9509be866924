package web

import (
	"net/http"
	"strconv"
	"time"
)

func (s *Server) status(q *request) {
	s.page(q, http.StatusOK, "Status", statusPage(s.Backend.Status(q.Context()), s.Backend.People(), q))
}

// A systemView is the page about the server itself.
type systemView struct {
	facts    Facts
	findings []Finding
	log      []string
}

func (s *Server) system(q *request) {
	s.page(q, http.StatusOK, "System", systemPage(systemView{q.facts, s.Backend.Examine(q.Context()), lastOf(s.Backend.LogTail(), mostLog)}))
}

// mostLog is how many octets of the log the page shows, so that it stays small.
const mostLog = 3 << 10

// lastOf returns the last lines that have at most so many octets.
func lastOf(lines []string, octets int) []string {
	first := len(lines)
	for first > 0 && octets-len(lines[first-1]) >= 0 {
		first--
		octets -= len(lines[first])
	}
	return lines[first:]
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

// percent returns part of whole, from 0 to 100.
func percent(part, whole int64) int {
	if whole <= 0 {
		return 0
	}
	return int(min(max(part, 0)*100/whole, 100))
}

// lifetime describes how long flash lasts.
func lifetime(d time.Duration) string {
	const year = 365 * 24 * time.Hour
	switch years := int(d / year); {
	case d <= 0:
		return "not known yet"
	case years > 100:
		return "more than 100 years at this rate (estimate)"
	case years > 0:
		return plural(years, "year") + " at this rate (estimate)"
	}
	return plural(int(d/(24*time.Hour)), "day") + " at this rate (estimate)"
}

// last describes a log-in.
func last(at, now time.Time) string {
	if at.IsZero() {
		return "not since the start of the server"
	}
	return ago(now.Sub(at))
}

func number(n int) string { return strconv.Itoa(n) }
