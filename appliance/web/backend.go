package web

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"pillarbox/appliance/web/autoconfig"
)

// A Backend is the server as the pages see it. Its methods may be called from any goroutine. The
// error of a change is shown to the user who asked for it.
type Backend interface {
	// Facts returns what a mail client needs to know, but for Well. It is called for each request,
	// before anything is known about it, so it has to be cheap.
	Facts() Facts
	// Well reports whether nothing is degraded.
	Well() bool
	// LogIn decides about a password that came over conn. The error is ErrWrong, ErrBusy, or that
	// of ctx.
	LogIn(ctx context.Context, conn net.Conn, user, password string) (Login, error)
	// Holds reports whether a login would still be right.
	Holds(Login) bool
	// Admin reports whether an account may see and change those of others.
	Admin(account string) bool
	// Seen returns when a mail client last logged in from an address; the zero time if none has
	// since the start.
	Seen(from netip.Addr) time.Time

	// People returns the accounts, in the order of the accounts file.
	People() []Person
	// Devices returns the latest log-ins of an account since the start.
	Devices(account string) []Device
	// Add adds an account and returns its password: the one given, or a new one for "".
	Add(ctx context.Context, name, password string) (string, error)
	// SetPassword gives an account a password, as Add.
	SetPassword(ctx context.Context, name, password string) (string, error)
	// Remove removes an account; its messages stay in the spool.
	Remove(ctx context.Context, name string) error
	// TestMessage delivers a message to an account.
	TestMessage(ctx context.Context, account string) error

	// Status returns the state of the server.
	Status(ctx context.Context) Status
	// Examine runs the checks of pillarbox doctor.
	Examine(ctx context.Context) []Finding
	// LogTail returns the last lines of the log, without addresses of messages and clients.
	LogTail() []string
}

// What LogIn can return.
var (
	ErrWrong = errors.New("wrong user name or password")
	ErrBusy  = errors.New("too many attempts to log in")
)

// Facts are what everybody on the network may know.
type Facts struct {
	Hostname string
	// Names are the host names and addresses by which the server is reached: those of the
	// certificate and of web.names. Every other Host, except an IP address, is refused.
	Names []string
	// Domains are the mail domains; the first is that of the addresses which are shown.
	Domains            []string
	Incoming, Outgoing []autoconfig.Endpoint
	KeepDays           int
	Fingerprint        string // SHA-256 of the certificate
	Authority          []byte // certificate of the authority in DER; nil if tls.cert is set
	AuthorityPrint     string // SHA-256 of it
	HTTP, HTTPS        int    // ports of the pages without and with TLS; 0 if there is none
	FirstLogin         bool   // the password of the first start has not been used yet
	Well               bool   // for the first page alone, which asks for it
	Version            string
}

// A Login is who a browser has proved to be.
type Login struct {
	Account  string
	Verifier string // what the password fitted; another one ends the session
}

// A Person is an account.
type Person struct {
	Name     string
	Address  string
	Messages int
	Octets   int64
	Limit    int64 // octets; 0: none but the spool's
	Last     time.Time
	Admin    bool
}

// A Device is a mail client that has logged in.
type Device struct {
	Name     string // of its view of the mailbox, or its address
	Protocol string // "POP3" or "SMTP"
	TLS      string // "TLS 1.3"; "" if the password came without TLS
	At       time.Time
}

// Status is the state of the server.
type Status struct {
	Live, Capacity int64
	Written        int64         // bytes programmed since the spool was made
	Lasts          time.Duration // how long the flash lasts at this rate, estimated; 0: not known
	Checks         []Check
	Watchdog       string
	LastReset      string
	Degraded       []string
	Sessions       int
	ClockTrusted   bool
	CertificateEnd time.Time
	Up             time.Duration
	Remote, Queue  []string // remote accounts and outgoing mail, one line each
}

// A Check is a health check.
type Check struct {
	Name  string
	Holds bool
	Age   time.Duration
	Fault string
}

// A Finding is the result of one check of pillarbox doctor.
type Finding struct {
	Level string // "OK", "WARN" or "FAIL"
	Check string
	Text  string
	Fix   string
}
