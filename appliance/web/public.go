package web

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

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

func (q *request) conn() net.Conn {
	conn, _ := q.Context().Value(connKey{}).(net.Conn)
	return conn
}

// code returns a QR code as an element; "" if the text is too long for one.
func code(text, label string) string {
	c, err := qr.New(text)
	if err != nil {
		return ""
	}
	return c.SVG(label)
}

// ago describes how long ago something was.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute ago"
	case d < 2*time.Hour:
		return plural(int(d/time.Minute), "minute") + " ago"
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour") + " ago"
	}
	return plural(int(d/(24*time.Hour)), "day") + " ago"
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// size writes octets in the largest unit that fits.
func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(n), 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	digits := 0
	if unit > 0 && value < 10 {
		digits = 1
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + units[unit]
}
