package web

import (
	"io"
	"net/http"

	"pillarbox/appliance/web/autoconfig"
)

// document answers with what a program reads.
func (q *request) document(kind string, text []byte) {
	q.begun = true
	q.w.Header().Set("Content-Type", kind)
	if q.Method != http.MethodHead {
		q.w.Write(text)
	}
}

func serveStyle(q *request) {
	// Its name changes with it.
	q.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	q.document("text/css; charset=utf-8", style)
}

func nothing(_ *Server, q *request) {
	q.begun = true
	q.w.WriteHeader(http.StatusNoContent)
}

func robots(_ *Server, q *request) {
	q.document("text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n"))
}

// autoconfig answers Thunderbird, by HTTP and HTTPS alike: a redirect to HTTPS with a certificate
// that it does not trust would end its search.
func (s *Server) autoconfig(q *request) {
	settings := q.settings()
	if address := q.URL.Query().Get("emailaddress"); address != "" && !settings.Serves(address) {
		s.refuse(q, http.StatusNotFound, "That is not a mail domain of this server", "")
		return
	}
	q.document(autoconfig.ContentType, settings.XML())
}

func (s *Server) autodiscover(q *request) {
	body, err := io.ReadAll(io.LimitReader(q.Body, autoconfig.MostPOX+1))
	settings := q.settings()
	address := autoconfig.AddressOf(body)
	if err != nil || !settings.Serves(address) {
		s.refuse(q, http.StatusNotFound, "That is not a mail domain of this server", "")
		return
	}
	q.document(autoconfig.ContentType, settings.POX(address))
}

const noAuthority = "The server uses a certificate of your own (tls.cert), so there is no authority to install."

func (s *Server) authority(q *request) {
	if q.facts.Authority == nil {
		s.refuse(q, http.StatusNotFound, "There is no certificate authority", noAuthority)
		return
	}
	q.w.Header().Set("Content-Disposition", `attachment; filename="pillarbox-ca.crt"`)
	q.document("application/x-x509-ca-cert", q.facts.Authority)
}

func (s *Server) authorityProfile(q *request) {
	if q.facts.Authority == nil {
		s.refuse(q, http.StatusNotFound, "There is no certificate authority", noAuthority)
		return
	}
	settings := q.settings()
	p := autoconfig.Profile{Settings: &settings, Authority: q.facts.Authority}
	q.profile("pillarbox-ca", &p)
}

// mailProfile is the profile with the account of the session. It holds no password.
func (s *Server) mailProfile(q *request) {
	settings := q.settings()
	account := q.account(q.session.login.Account)
	q.profile("pillarbox-mail", &autoconfig.Profile{Settings: &settings, Authority: q.facts.Authority, Account: &account})
}

func (q *request) profile(name string, p *autoconfig.Profile) {
	q.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.mobileconfig"`)
	q.document(autoconfig.ProfileType, p.Encode())
}

func (q *request) account(name string) autoconfig.Account {
	settings := q.settings()
	return autoconfig.Account{Name: name, Address: name + "@" + settings.Domains[0]}
}
