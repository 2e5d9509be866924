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

	"go.uber.org/zap/zaptest/observer"

	"pillarbox/appliance/logbook"
	"pillarbox/appliance/smtpd"
	"pillarbox/pop3/wire"
)

// A house is all that a server asks of the world: who lives here, and where mail is kept. Names
// choose what goes wrong.
type house struct {
	mu     sync.Mutex
	kept   []mail
	begun  int // deliveries
	ended  int // of them, by Commit or by the first Abort
	writes int // the most octets written at once

	// What goes wrong, when it is set.
	room, begin, write, commit error
	receipts                   error         // for what the server itself sends
	writesBefore               int           // that many writes are good
	committing                 chan struct{} // closed by the test to let a commit end
	writing                    func()        // called in each write
}

// A mail is what one mailbox got.
type mail struct {
	mailbox  string
	envelope smtpd.Envelope
	wire     string
	shape    wire.Shape
}

// Mailboxes: anna and bert live at home.arpa and mail.home.arpa; both and all lead to two
// mailboxes; tight has room for 1000 octets, and full, broken and strange are errors.
func (h *house) Mailboxes(_ context.Context, rcpt smtpd.Path, octets int64) ([]string, error) {
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
		if octets > 1000 {
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

// Authenticate knows anna with "a secret"; later and strange are errors.
func (h *house) Authenticate(_ context.Context, c smtpd.Credentials) (string, error) {
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

func (h *house) Room(octets int64) error {
	switch {
	case h.room != nil:
		return h.room
	case octets == 4040:
		return smtpd.ErrFull
	}
	return nil
}

func (h *house) Begin(_ context.Context, e *smtpd.Envelope, to []smtpd.Recipient) (smtpd.Delivery, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begin != nil {
		return nil, h.begin
	}
	if e.Protocol == "" && h.receipts != nil {
		return nil, h.receipts
	}
	h.begun++
	return &delivery{house: h, envelope: *e, to: to}, nil
}

// A delivery keeps a mail in memory.
type delivery struct {
	house    *house
	envelope smtpd.Envelope
	to       []smtpd.Recipient
	body     bytes.Buffer
	writes   int
	over     bool
}

func (d *delivery) Write(p []byte) (int, error) {
	if d.house.writing != nil {
		d.house.writing()
	}
	d.house.mu.Lock()
	defer d.house.mu.Unlock()
	if d.over {
		panic("a write after the end")
	}
	d.house.writes = max(d.house.writes, len(p))
	if d.writes++; d.house.write != nil && d.writes > d.house.writesBefore {
		return 0, d.house.write
	}
	return d.body.Write(p)
}

func (d *delivery) Commit(ctx context.Context, shape wire.Shape) error {
	if d.house.committing != nil {
		<-d.house.committing
	}
	d.house.mu.Lock()
	defer d.house.mu.Unlock()
	if d.over {
		panic("a second end")
	}
	d.over = true
	d.house.ended++
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case d.house.commit != nil:
		return d.house.commit
	}
	for _, r := range d.to {
		wire := string(r.Head) + d.body.String()
		d.house.kept = append(d.house.kept, mail{r.Mailbox, d.envelope, wire, shape})
	}
	return nil
}

func (d *delivery) Abort() {
	d.house.mu.Lock()
	defer d.house.mu.Unlock()
	if !d.over {
		d.house.ended++
	}
	d.over = true
}

// mails returns what is kept.
func (h *house) mails() []mail {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kept
}

// show prints what is kept: a mail a paragraph, its lines as they are in wire form without CR.
func (h *house) show() string {
	random := regexp.MustCompile("[0-9a-f]{32}") // in what the server itself wrote
	var b strings.Builder
	for _, m := range h.mails() {
		fmt.Fprintf(&b, "== %s, with %s\n%s", m.mailbox, m.envelope.Protocol, random.ReplaceAllString(strings.ReplaceAll(m.wire, "\r\n", "\n"), "RANDOM"))
	}
	return b.String()
}

// newServer returns a server for a house, that takes passwords without TLS, and its log.
func newServer(h *house) (*smtpd.Server, *observer.ObservedLogs) {
	core, logs := observer.New(logbook.DebugLevel)
	return &smtpd.Server{
		Hostname:      "mail.home.arpa",
		Auth:          h,
		PlaintextAuth: func(netip.Addr) bool { return true },
		Router:        h,
		Spooler:       h,
		MaxMessage:    1 << 20,
		Log:           logbook.New(core),
		Now: func() time.Time {
			return time.Date(2026, 11, 24, 13, 0, 0, 0, time.FixedZone("", 3600))
		},
	}, logs
}

// nowhere keeps nothing, at no cost.
type nowhere struct{}

func (nowhere) Room(int64) error { return nil }
func (nowhere) Begin(context.Context, *smtpd.Envelope, []smtpd.Recipient) (smtpd.Delivery, error) {
	return nowhere{}, nil
}
func (nowhere) Write(p []byte) (int, error)              { return len(p), nil }
func (nowhere) Commit(context.Context, wire.Shape) error { return nil }
func (nowhere) Abort()                                   {}
