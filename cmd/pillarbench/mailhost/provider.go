package mailhost

import (
	"net"
	"sync"
	"time"
)

// A Login is an account at the provider. Its password is client.Password.
type Login struct {
	User     string
	Protocol Protocol
}

// Events are called by the sessions, one call of each kind at a time.
type Events struct {
	Deleted func(user string, number uint64)  // a message is deleted
	Taken   func(text []byte, to string) bool // a message was sent; false refuses it
}

// A Provider serves from Start to Close.
type Provider struct {
	POP3, IMAP, SMTP int    // ports on 127.0.0.1
	Pin              string // SHA-256 of the certificate

	mailboxes map[string]*Mailbox
	events    Events
	taking    sync.Mutex // held while Events.Taken runs

	stops []func() error
	group sync.WaitGroup
	mu    sync.Mutex
	conns map[net.Conn]bool // without those of IMAP
	open  int               // sessions
	ended *sync.Cond        // one of them; its lock is mu
}

// patience is how long a session may be silent. Guests are slow.
const patience = 2 * time.Minute

// Mailbox returns the mailbox of a login.
func (p *Provider) Mailbox(user string) *Mailbox { return p.mailboxes[user] }

// begin counts a session. conn is nil for IMAP.
func (p *Provider) begin(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open++; conn != nil {
		p.conns[conn] = true
	}
}

func (p *Provider) end(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	delete(p.conns, conn)
	p.ended.Broadcast()
}

// Drain returns when all sessions have ended, after the client's power was cut: what it had sent
// before may still be on its way.
func (p *Provider) Drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.open > 0 {
		p.ended.Wait()
	}
}
