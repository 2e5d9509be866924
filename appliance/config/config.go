package config

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// A Config is the whole configuration. Load and Builtin return complete, valid ones.
type Config struct {
	// File is the file that was read, "" for the built-in defaults.
	File string

	// Hostname is what the box calls itself in greetings, Received fields and its certificate:
	// lower case, with a dot, for Thunderbird takes no address without one.
	Hostname string
	// Domains are those whose mail is delivered here, beside Hostname and localhost.
	// The first one makes the addresses that are shown.
	Domains []string
	// State is the folder of all that must survive a reboot; an absolute path.
	State string
	// Allow says who may connect.
	Allow Prefixes

	POP3      POP3
	SMTP      SMTP
	TLS       TLS
	Spool     Spool
	Retention Retention
	// Aliases maps a name, or "*" for the catch-all, to the names that get its mail.
	Aliases  map[string][]string
	Watchdog Watchdog
	Log      Log
	Service  Service
}

// Service is what the box takes of its machine, and what it gives up once everything is open.
type Service struct {
	// Memory is the most that it may take; 0 (not written): half of the machine's, 64 MiB at most.
	Memory Size
	// User is who it is from then on; "": who started it.
	User string
	// Confine takes all files but its own from it, where the kernel can.
	Confine bool
}

// POP3 is how mail goes out.
type POP3 struct {
	// Listen are the addresses with STLS, ListenTLS those with TLS from the first byte.
	// nil (not written) means the standard ports; an empty list means none.
	Listen, ListenTLS []string
	// PlaintextAuth says from where a password may come without TLS.
	PlaintextAuth Prefixes
	// Exclusive is lock = "exclusive": one session a maildrop, the others get [IN-USE].
	Exclusive bool
	// LoginDelay keeps the logins of a user apart, in whole seconds; 0: they may come at any time.
	LoginDelay Duration
}

// SMTP is how mail comes in.
type SMTP struct {
	Listen, ListenTLS []string // as in POP3
	// ListenLMTP are addresses that speak LMTP: "unix:/path" or host:port. None by default.
	ListenLMTP []string
	// PlaintextAuth says from where a password may come without TLS.
	PlaintextAuth Prefixes
	// RequireAuth says where a client has to log in before it may bring mail.
	RequireAuth Demand
	// OwnAddress lets a user that is logged in send from its own addresses only.
	OwnAddress bool
	// MaxMessage is the largest mail that is taken.
	MaxMessage Size
}

// TLS names an own certificate; both are "" when the box makes and renews its own.
type TLS struct {
	Cert, Key string // absolute paths of PEM files
}

// Spool is how much flash the mail may take.
type Spool struct {
	// Capacity is the space for mail; 0 (not written) means the smaller of 1 GiB and half
	// of the space that is free or the spool's already.
	Capacity Size
	// Slot is the size of one file of the spool, fixed when the spool is made; 0 (not written): see SlotFor.
	Slot Size
	// Volatile lets mail lie where a power cut may lose it: in memory or behind a network.
	Volatile bool
}

// SlotFor returns the size of a slot in a spool of so many bytes (0: not known) that is made now: what is written, else 4 MiB, the
// erase block of most cards, or less, so that there are 32: making room among eight leaves little for mail.
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
	Timeout Duration // to ask of a device; systemd has its own
}

// Log is how much is said on standard error.
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

	maxLoginDelay = time.Hour // a mail program that is kept out for longer looks broken
)

// Default returns what holds for every key that is not written. Hostname, State and the device of Watchdog are empty: they depend
// on the machine, see Complete.
func Default() *Config {
	return &Config{
		Domains:   []string{"home.arpa"},
		Allow:     Private(),
		POP3:      POP3{PlaintextAuth: Private()},
		SMTP:      SMTP{PlaintextAuth: Private(), MaxMessage: 50 << 20},
		Retention: Retention{Keeping: Keeping{MailboxShare: 50}},
		Aliases:   map[string][]string{},
		Watchdog:  Watchdog{Timeout: Duration(time.Minute)},
		Log:       Log{Level: "info"},
		Service:   Service{Confine: true},
	}
}

// SystemFile is the file that is read when none is named.
const SystemFile = "/etc/pillarbox/pillarbox.toml"

// Find reads the file that holds: path when it is not "", else SystemFile when it is
// there, else none. A mistake in the file is returned as *Report.
func Find(path string, env Environment) (*Config, error) {
	if path != "" {
		return load(path, env)
	}
	system := filepath.Join(env.Root, SystemFile)
	if _, err := os.Stat(system); errors.Is(err, os.ErrNotExist) {
		return Builtin(env)
	}
	return load(system, env) // a file that cannot be read is an error, not a default
}

// Load reads a file and completes it for this machine. A mistake in it is returned as *Report,
// with all the others of the file.
func Load(path string) (*Config, error) { return load(path, Machine()) }

// Builtin returns the defaults, completed.
func Builtin(env Environment) (*Config, error) {
	c := Default()
	c.Complete(env)
	if problems := c.Validate(); len(problems) > 0 {
		return nil, &Report{Problems: problems}
	}
	return c, nil
}

func load(path string, env Environment) (*Config, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, env)
}
