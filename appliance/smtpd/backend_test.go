package smtpd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/wire"
)

// A backend is the Router, Spooler and Authenticator of the tests, in memory. Names select what
// goes wrong.
type backend struct {
	mu     sync.Mutex
	kept   []mail
	begun  int // deliveries
	ended  int // those that were ended, by Commit or by the first Abort
	writes int // the most octets written at once

	// What goes wrong, if set.
	room, begin, write, commit error
	beginOnce                  error
	receipts                   error         // for what the server itself sends
	writesBefore               int           // how many writes succeed
	committing                 chan struct{} // the test closes it to let a commit end
	writing                    func()        // called in each write

	lends []int // how much memory deliveries lend, in turn; none: they lend none
	lent  lent

	interrupt func() // of the latest message
}

// A mail is a message in one mailbox.
type mail struct {
	mailbox  string
	envelope smtpd.Envelope
	wire     string
	shape    wire.Shape
}

// Mailboxes has anna and bert at home.arpa and mail.home.arpa; both and all lead to two mailboxes;
// tight has room for 1000 octets, and full, broken and strange are errors.
func (h *backend) Mailboxes(_ context.Context, rcpt smtpd.Path, e *smtpd.Envelope) ([]string, error) {
	switch strings.ToLower(rcpt.Domain) {
	case "", "home.arpa", "mail.home.arpa":
	default:
		return nil, smtpd.ErrForeign
	}
	local, _, _ := strings.Cut(strings.ToLower(rcpt.Local), "+")
	switch local {
	case "anna", "bert", "jörg", "anna b":
		return []string{local}, nil
	case "postmaster", "root":
		return []string{"anna"}, nil
	case "all":
		return []string{"anna", "bert"}, nil
	case "tight":
		if e.Size > 1000 {
			return nil, smtpd.ErrMailboxFull
		}
		return []string{"bert"}, nil
	case "full":
		return nil, smtpd.ErrMailboxFull
	case "later":
		return nil, fmt.Errorf("router: %w", smtpd.ErrTemporary)
	case "strange":
		return nil, errors.New("the router burns")
	case "nowhere":
		return nil, nil
	}
	return nil, smtpd.ErrUnknown
}

// Authenticate accepts anna with "a secret"; later and strange are errors.
func (h *backend) Authenticate(_ context.Context, c smtpd.Credentials) (string, error) {
	switch {
	case c.User == "later":
		return "", smtpd.ErrTemporary
	case c.User == "strange":
		return "", errors.New("the accounts burn")
	case strings.EqualFold(c.User, "anna") && c.Password == "a secret":
		return "anna", nil
	}
	return "", smtpd.ErrAuth
}

func (h *backend) Room(_ context.Context, e *smtpd.Envelope) error {
	switch {
	case h.room != nil:
		return h.room
	case e.Size == 4040:
		return smtpd.ErrFull
	}
	return nil
}

func (h *backend) Begin(_ context.Context, e *smtpd.Envelope, to []smtpd.Recipient) (smtpd.Delivery, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.beginOnce; err != nil {
		h.beginOnce = nil
		return nil, err
	}
	if h.begin != nil {
		return nil, h.begin
	}
	if e.Protocol == "" && h.receipts != nil {
		return nil, h.receipts
	}
	h.begun++
	h.interrupt = e.Interrupt
	return &delivery{backend: h, envelope: *e, to: to}, nil
}

// A delivery keeps a message in memory.
type delivery struct {
	backend  *backend
	envelope smtpd.Envelope
	to       []smtpd.Recipient
	body     bytes.Buffer
	writes   int
	over     bool
	lent     []byte // valid until the next call
}

// A lent is what became of the memory that deliveries have lent.
type lent struct {
	ended  [][]byte // is no longer lent, and was filled with endedOctet
	copied int      // octets that were written from elsewhere
}

const endedOctet = '!'

// AvailableBuffer makes it an smtpd.Lender.
func (d *delivery) AvailableBuffer() []byte {
	d.backend.mu.Lock()
	defer d.backend.mu.Unlock()
	d.endLocked()
	if d.over || len(d.backend.lends) == 0 {
		return nil
	}
	d.lent = make([]byte, d.backend.lends[len(d.backend.lent.ended)%len(d.backend.lends)])
	return d.lent[:0]
}

// endLocked ends what was lent.
func (d *delivery) endLocked() {
	if d.lent == nil {
		return
	}
	for i := range d.lent {
		d.lent[i] = endedOctet
	}
	d.backend.lent.ended, d.lent = append(d.backend.lent.ended, d.lent), nil
}

func (d *delivery) Write(p []byte) (int, error) {
	if d.backend.writing != nil {
		d.backend.writing()
	}
	d.backend.mu.Lock()
	defer d.backend.mu.Unlock()
	defer d.endLocked()
	if d.over {
		panic("a write after the end")
	}
	if d.lent == nil || &d.lent[0] != &p[0] {
		d.backend.lent.copied += len(p)
	}
	d.backend.writes = max(d.backend.writes, len(p))
	if d.writes++; d.backend.write != nil && d.writes > d.backend.writesBefore {
		return 0, d.backend.write
	}
	return d.body.Write(p)
}

func (d *delivery) Commit(ctx context.Context, shape wire.Shape) error {
	if d.backend.committing != nil {
		<-d.backend.committing
	}
	d.backend.mu.Lock()
	defer d.backend.mu.Unlock()
	d.endLocked()
	if d.over {
		panic("a second end")
	}
	d.over = true
	d.backend.ended++
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case d.backend.commit != nil:
		return d.backend.commit
	}
	for _, r := range d.to {
		name, wire := r.Mailbox, string(r.Head)+d.body.String()
		if o := r.Outside; o != nil {
			name = fmt.Sprintf("elsewhere %q through %s from %q notify=%s orcpt=%s ret=%s envid=%s",
				o.To, o.Account, o.From, o.Notify, o.Original, d.envelope.Return, d.envelope.EnvelopeID)
		}
		d.backend.kept = append(d.backend.kept, mail{name, d.envelope, wire, shape})
	}
	return nil
}

func (d *delivery) Abort() {
	d.backend.mu.Lock()
	defer d.backend.mu.Unlock()
	d.endLocked()
	if !d.over {
		d.backend.ended++
	}
	d.over = true
}

// messages returns what is stored.
func (h *backend) messages() []mail {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kept
}

// show returns what is stored: a paragraph per message, its lines in wire form without CR.
func (h *backend) show() string {
	random := regexp.MustCompile("[0-9a-f]{32}") // in what the server itself wrote
	var b strings.Builder
	for _, m := range h.messages() {
		fmt.Fprintf(&b, "== %s, with %s\n%s", m.mailbox, m.envelope.Protocol, random.ReplaceAllString(strings.ReplaceAll(m.wire, "\r\n", "\n"), "RANDOM"))
	}
	return b.String()
}

// newServer returns a server with a backend that accepts passwords without TLS, and its log.
func newServer(h *backend) (*smtpd.Server, *observer.ObservedLogs) {
	core, logs := observer.New(zap.DebugLevel)
	return &smtpd.Server{
		Hostname:      "mail.home.arpa",
		Auth:          h,
		PlaintextAuth: func(netip.Addr) bool { return true },
		Router:        h,
		Spooler:       h,
		MaxMessage:    1 << 20,
		Log:           zap.New(core),
		Now: func() time.Time {
			return time.Date(2026, 11, 24, 13, 0, 0, 0, time.FixedZone("", 3600))
		},
	}, logs
}

// nowhere is a Spooler that stores nothing, at no cost.
type nowhere struct{}

func (nowhere) Room(context.Context, *smtpd.Envelope) error { return nil }
func (nowhere) Begin(context.Context, *smtpd.Envelope, []smtpd.Recipient) (smtpd.Delivery, error) {
	return nowhere{}, nil
}
func (nowhere) Write(p []byte) (int, error)              { return len(p), nil }
func (nowhere) Commit(context.Context, wire.Shape) error { return nil }
func (nowhere) Abort()                                   {}
