package web

import (
	"net/http"
	"slices"

	"pillarbox/appliance/web/autoconfig"
	"pillarbox/appliance/web/qr"
)

// A device is one of the kinds that the set-up pages know.
type device struct{ path, title string }

// devices returns the set-up pages, in the order in which they are shown.
func devices() []device {
	return []device{
		{"thunderbird", "Thunderbird on a computer"},
		{"outlook", "Outlook on a computer"},
		{"apple", "iPhone, iPad or Mac"},
		{"android", "Android"},
		{"printer", "Printer, scanner or camera"},
		{"other", "Another mail client"},
	}
}

func (s *Server) home(q *request) {
	q.facts.Well = s.Backend.Well()
	s.page(q, http.StatusOK, "Set up mail", homePage(q.facts, devices()))
}

// A setUpView is what a set-up page shows.
type setUpView struct {
	device   device
	settings autoconfig.Settings
	address  string // with NAME in place of an account
	facts    Facts
	from     string // the address of the reader
	seen     string // when a mail client there logged in; "": it has not
}

func (s *Server) setUp(q *request) {
	all := devices()
	i := slices.IndexFunc(all, func(d device) bool { return d.path == q.below })
	if i < 0 {
		s.refuse(q, http.StatusNotFound, "There is no such page", "")
		return
	}
	v := setUpView{device: all[i], settings: q.settings(), facts: q.facts, from: remoteOf(q.Request).String()}
	v.address = "NAME@" + v.settings.Domains[0]
	if at := s.Backend.Seen(remoteOf(q.Request)); !at.IsZero() {
		v.seen = ago(q.now.Sub(at))
	}
	s.page(q, http.StatusOK, v.device.title, setUpPage(v))
}

// code returns a QR code as an element; "" if the text is too long for one.
func code(text, label string) string {
	c, err := qr.New(text)
	if err != nil {
		return ""
	}
	return c.SVG(label)
}
