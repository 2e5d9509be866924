package config

import (
	"maps"
	"slices"
	"time"
)

// A Config is the whole configuration. Find and Builtin return complete, valid ones.
type Config struct {
	// File is the file that was read, "" for the built-in defaults.
	File string

	// Hostname is the server's name in greetings, Received fields and its certificate: lower case,
	// with a dot, because Thunderbird accepts no address without one.
	Hostname string
	// Domains are the local mail domains besides Hostname and localhost. The first one is the
	// domain of the addresses that are shown.
	Domains []string
	// State is the folder of everything that must survive a reboot; an absolute path.
	State string
	// Allow are the addresses that may connect.
	Allow Prefixes

	// MDNS says whether the name and the services are announced on the local network: "auto" (where
	// nothing else holds port 5353), "on" or "off".
	MDNS string

	POP3      POP3
	SMTP      SMTP
	Web       Web
	TLS       TLS
	Spool     Spool
	Retention Retention
	// Aliases maps a name, or "*" for the catch-all, to the names that get its mail.
	Aliases map[string][]string
	// Remote are the accounts at providers, by name.
	Remote   map[string]Remote
	Watchdog Watchdog
	Log      Log
	Service  Service

	personal  bool              // State is the default of the user's own server
	variables map[string]string // by key: the environment variable that set it
	contained bool              // the program runs in a container of an engine such as Docker
}

// PersonalState reports whether State is the default for a server of the calling user's own, which
// neither the configuration nor the service manager names.
func (c *Config) PersonalState() bool { return c.personal }

// Contained reports whether the program runs in a container of an engine such as Docker or podman:
// clients may reach it only through the ports that the engine forwards, under names and addresses
// of the machine outside.
func (c *Config) Contained() bool { return c.contained }

// Service is what the server takes of its machine, and the rights that it gives up once everything
// is open.
type Service struct {
	// Memory is the most that it may take; 0 (not written): half of the machine's, 64 MiB at most.
	Memory Size
	// User is the user that it runs as from then on; "": the user that started it.
	User string
	// Confine denies it all files but its own, if the kernel can do that.
	Confine bool
}

// POP3 are the settings of the POP3 server.
type POP3 struct {
	// Listen are the addresses with STLS, ListenTLS those with TLS from the first byte.
	// nil (not written) means the standard ports; an empty list means none.
	Listen, ListenTLS []string
	// PlaintextAuth are the addresses from which a password is accepted without TLS.
	PlaintextAuth Prefixes
	// Exclusive is lock = "exclusive": one session a maildrop, the others get [IN-USE].
	Exclusive bool
	// LoginDelay is the least time between two logins of a user, in whole seconds; 0: none.
	LoginDelay Duration
}

// SMTP are the settings of the SMTP and LMTP receiver.
type SMTP struct {
	Listen, ListenTLS []string // as in POP3
	// ListenLMTP are addresses that speak LMTP: "unix:/path" or host:port. None by default.
	ListenLMTP []string
	// PlaintextAuth are the addresses from which a password is accepted without TLS.
	PlaintextAuth Prefixes
	// RequireAuth selects the ports at which a client must log in before it may send mail.
	RequireAuth Demand
	// OwnAddress lets a user that is logged in send from its own addresses only.
	OwnAddress bool
	// MaxMessage is the largest message that is accepted.
	MaxMessage Size
}

// TLS names a certificate of the user; both files are "" if the server makes and renews its own.
type TLS struct {
	Cert, Key string // absolute paths of PEM files
	// Names are further host names and addresses in the certificate that the server makes: of a NAS
	// in front of a container, or of a forwarded port.
	Names []string
}

// Web is the page for set-up and status.
type Web struct {
	// Listen are the addresses of the page without a log-in, ListenTLS those with TLS and log-in.
	// nil (not written) means the standard ports; an empty list means none.
	Listen, ListenTLS []string
	// Names are further host names by which the page may be opened.
	Names []string
	// Admins are the accounts that may change others; empty: the one that the first start made.
	Admins []string
}

// Spool is how much of the device the spool may use.
type Spool struct {
	// Capacity is the space for mail; 0 (not written) means the smaller of 1 GiB and half
	// of the space that is free or the spool's already.
	Capacity Size
	// Slot is the size of one file of the spool, fixed when the spool is made; 0 (not written): see
	// SlotFor.
	Slot Size
	// Volatile permits a spool where a power cut may lose mail: in memory or on a network file
	// system.
	Volatile bool
}

// SlotFor returns the slot size of a new spool of capacity bytes (0: not known): the configured
// size, otherwise 4 MiB, the erase block of most cards, or less, so that there are 32 slots:
// cleaning among eight leaves little room for mail.
func (s *Spool) SlotFor(capacity int64) Size {
	slot := s.Slot
	if slot == 0 {
		slot = defaultSlot
		for capacity != 0 && int64(slot)*32 > capacity && slot > minSlot {
			slot /= 2
		}
	}
	return slot
}

// Watchdog is how the hardware watchdog is fed.
type Watchdog struct {
	Device  string   // "none", "auto", "systemd", "procd", or the path of a device
	Timeout Duration // requested of a device; systemd has its own
}

// Log is how much is logged on standard error.
type Log struct {
	Level string // "debug", "info", "warn" or "error"
}

// Limits of values, checked by Validate.
const (
	minMessage  = 64 << 10
	maxMessage  = 1 << 30
	minSlot     = 256 << 10
	defaultSlot = 4 << 20
	maxSlot     = 64 << 20
	page        = 4 << 10 // a slot is whole pages of it
	minSlots    = 8       // a spool of fewer cannot be compacted
	maxSlots    = 1 << 16 // the spool counts them with 16 bits
	minMemory   = 8 << 20 // 32 sessions
	maxMemory   = 1 << 40
	minTimeout  = 5 * time.Second
	maxTimeout  = 2 * time.Minute

	maxLoginDelay = time.Hour // a mail client that is refused for longer seems broken
)

// Default returns the defaults of all keys. Hostname, State and the device of Watchdog are empty:
// they depend on the machine, see Complete.
func Default() *Config {
	return &Config{
		Domains:   []string{"home.arpa"},
		Allow:     Private(),
		POP3:      POP3{PlaintextAuth: Private()},
		SMTP:      SMTP{PlaintextAuth: Private(), MaxMessage: 50 << 20},
		TLS:       TLS{Names: []string{}},
		Web:       Web{Names: []string{}, Admins: []string{}},
		MDNS:      "auto",
		Retention: Retention{Keeping: Keeping{MailboxShare: 50}},
		Aliases:   map[string][]string{},
		Watchdog:  Watchdog{Timeout: Duration(time.Minute)},
		Log:       Log{Level: "info"},
		Service:   Service{Confine: true},
	}
}

// Remotes returns the names of the remote accounts, in the order of the alphabet.
func (c *Config) Remotes() []string { return slices.Sorted(maps.Keys(c.Remote)) }

// A Demand selects the ports at which mail is accepted only after a login. Each includes the ports
// of the one before it.
type Demand uint8

const (
	DemandNever      Demand = iota // nowhere: printers and cameras have no password
	DemandSubmission               // at the ports for mail clients, see Submission
	DemandAlways                   // at every SMTP port; LMTP is for mail servers and needs no login
)

// Submission reports whether a port is for mail clients: every one with TLS from the first byte
// (RFC 8314 §3.3), and 587 (RFC 6409), or 1587 in its place.
func Submission(port int, tls bool) bool { return tls || port == 587 || port == 1587 }
