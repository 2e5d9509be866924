package web

import "net/http"

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

// lastOf returns the last lines, which have at most that many octets.
func lastOf(lines []string, octets int) []string {
	first := len(lines)
	for first > 0 && octets-len(lines[first-1]) >= 0 {
		first--
		octets -= len(lines[first])
	}
	return lines[first:]
}
