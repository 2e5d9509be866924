package appliance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/machine"
	"pillarbox/appliance/mdns"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/web"
)

// pageSessions is how many connections the page has. They are none of those of mail, so that no
// crowd at the page takes a place from a mail client.
const pageSessions = 16

// A page is the web page of the server and what announces it: listeners, admission and sessions of
// its own. A failure of it never stops mail: what cannot be opened is off, with a warning.
type page struct {
	server    *web.Server
	listeners *listen.Set
	acceptor  *listen.Acceptor
	authority []byte // certificate of the authority in DER; nil if there is none
	print     string // its SHA-256, as it is shown
	admin     uint64 // mailbox key of the administrator by default; 0 if there is none
	devices   devices
	group     sync.WaitGroup // what begin has started

	responder *mdns.Responder // nil if nothing is announced
	holders   *mdns.Holders
}

// newPageClients returns the table in which the connections of the page are counted.
func newPageClients(c *config.Config) *access.Table {
	t := access.NewTable()
	t.SetBounds(access.BoundsFor(pageSessions))
	share(t, c)
	return t
}

// share has the address of the router of a container stand for many clients. Elsewhere it may be
// that of one client.
func share(t *access.Table, c *config.Config) {
	if c.Contained() && len(identity.Addresses(c)) == 0 {
		t.Share(machine.SharedAddresses())
	}
}

// loadAuthority reads the certificate that clients may install. It does not change while the server
// runs.
func (p *page) loadAuthority(c *config.Config, state string, log *zap.Logger) {
	if c.TLS.Cert != "" {
		return
	}
	text, err := certs.AuthorityPEM(filepath.Join(state, statedir.CertsFolder))
	if err != nil {
		log.Warn("the page cannot offer the certificate authority", zap.Error(err))
		return
	}
	if block, _ := pem.Decode(text); block != nil {
		p.authority, p.print = block.Bytes, colons(sha256.Sum256(block.Bytes))
	}
}

// administers reports whether an account may see and change those of others.
func (p *page) administers(c *config.Config, table *accounts.Table, name string) bool {
	if admins := c.Web.Admins; len(admins) > 0 {
		return slices.Contains(admins, name)
	}
	account, ok := table.Lookup(name)
	return ok && p.admin != 0 && account.Mailbox == p.admin
}

// port returns the number of the first open port with or without TLS; 0 if there is none.
func (p *page) port(secured bool) int {
	for _, l := range p.listeners.Listeners() {
		if l.TLS == secured {
			return l.Port()
		}
	}
	return 0
}

// begin accepts connections at the page until ctx ends, and announces it.
func (p *page) begin(ctx context.Context) {
	p.listeners.Begin(func(l *listen.Listener) { p.group.Go(func() { p.acceptor.Accept(ctx, l) }) })
	if p.responder != nil {
		p.group.Go(func() {
			defer p.holders.Close()
			p.responder.Run(ctx)
		})
	}
}

// run returns after ctx has ended, when no connection is left and the name is withdrawn. Answers
// that are being sent have as long as patience.
func (p *page) run(ctx context.Context, patience time.Duration) {
	<-ctx.Done()
	p.listeners.Close()
	p.group.Wait()
	p.acceptor.Sessions.End(patience)
}

// close releases what open has opened.
func (p *page) close() {
	p.listeners.Close()
	p.acceptor.Close()
}

// reload puts new rules in force: sessions whose logins do not hold end, addresses that were taken
// are tried again, and what is announced follows.
func (p *page) reload(announced mdns.Settings) {
	p.server.Revoke()
	p.listeners.Retry()
	if p.responder != nil {
		p.responder.Update(announced)
	}
}

// name returns the name that is announced; if it is "", reason says why none is.
func (p *page) name() (name, reason string) {
	if p.responder == nil {
		return "", "switched off, or in a container"
	}
	return p.responder.Name()
}

// announced returns what is announced: the name of the host, and the ports that are open.
func (p *page) announced(c *config.Config, mail []*listen.Listener) mdns.Settings {
	label, _, _ := strings.Cut(c.Hostname, ".")
	s := mdns.Settings{Label: label, Always: c.MDNS == "on", Allowed: func(addr netip.Addr) bool {
		return !addr.IsLoopback() && c.Allow.Contains(addr)
	}}
	add := func(kind, text string, l *listen.Listener) {
		known := slices.ContainsFunc(s.Services, func(one mdns.Service) bool { return one.Type == kind })
		if !known && !l.Inside() {
			s.Services = append(s.Services, mdns.Service{Type: kind, Port: l.Port(), Text: text})
		}
	}
	for _, l := range mail {
		switch {
		case l.Protocol == listen.POP3 && l.TLS:
			add("_pop3s._tcp", "", l)
		case l.Protocol == listen.POP3:
			add("_pop3._tcp", "", l)
		case l.Protocol == listen.Submission && l.TLS:
			add("_submissions._tcp", "", l)
		case l.Protocol == listen.Submission:
			add("_submission._tcp", "", l)
		}
	}
	for _, l := range p.listeners.Listeners() {
		if l.TLS {
			add("_https._tcp", "path=/", l)
		} else {
			add("_http._tcp", "path=/", l)
		}
	}
	return s
}

// colons writes a fingerprint as mail clients do.
func colons(sum [sha256.Size]byte) string {
	pairs := make([]string, len(sum))
	for i, octet := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{octet}))
	}
	return strings.Join(pairs, ":")
}
