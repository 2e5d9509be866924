package remote

import (
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/remote/session"
)

// A collection is one session with a provider.
type collection struct {
	account *Account
	number  uint64
	mailbox Session
	open    func(eras []uint64) (Session, error) // another session
	store   Store
	clock   Clock
	past    *past
	order   order
	telling telling
	log     *zap.Logger

	start   time.Time
	rows    rows
	refused refused
	Report
}

// An order says how a collection goes.
type order struct {
	host   string // of this server, for the trace header
	dry    bool
	whole  bool  // the mailbox is listed, even if nothing seems to have changed
	budget int64 // octets that may be fetched; below 0: no limit
}

// telling is what the owner is to be notified of.
type telling struct {
	notices *Notices // nil: the owner is not notified
	large   []*row   // that are too large
}

// refused is what the store did not take.
type refused struct {
	any    bool // a message
	behind bool // messages that were fetched together with it are left for the next collection
}

// A Session is a session with a provider that has to be waited for.
type Session interface {
	session.Mailbox
	// Wait ends the session, and returns how it ended.
	Wait() error
}

// left returns nil for the refusal of one command: the message it was about goes on without it.
func left(err error) error {
	if e := session.As(err); e != nil && e.Kind == session.Refused {
		return nil
	}
	return err
}
