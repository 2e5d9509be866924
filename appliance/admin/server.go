package admin

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/doctor"
	"pillarbox/appliance/outbound"
	"pillarbox/appliance/remote"
	"pillarbox/spool"
)

// A Server answers what is asked about one spool. It may serve several streams at once.
type Server struct {
	Spool    *spool.Spool
	Accounts func() *accounts.Table       // those of this moment
	Running  bool                         // a server answers, not a command alone
	Intake   *delivery.Intake             // takes what is imported and restored
	Now      func() time.Time             // the wall clock; nil for time.Now
	Health   func(context.Context) Health // the health checks; nil if no server runs
	Setup    func() Setup                 // what a mail client needs to know; nil if no server runs
	// Reload reads the server's files again and returns when they are in use; the error names those
	// that are not. It is nil if nothing is in memory.
	Reload func() error

	// Doctor returns what the server finds about itself; nil if no server runs.
	Doctor func(context.Context) []doctor.Finding

	Queue Queue // of outgoing mail; nil if there is none

	LastLogins func() map[string]time.Time // by account, since the start; nil if no server runs

	Collector     *remote.Collector // of mail from providers; nil if no server runs
	RemoteAccount func(name string) (*remote.Account, bool)
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// A session is one stream. It is used by one goroutine.
type session struct {
	*Server
	talk *talk
}

// An errLost is an error of the stream: there is no client that could receive it.
type errLost struct{ err error }

func (e errLost) Error() string { return e.err.Error() }

// lost wraps an error of the stream.
func lost(err error) error {
	if err == nil {
		return nil
	}
	return errLost{err}
}

// short bounds a text that goes into a line.
func short(s string) string {
	const most = 1000
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// mailbox finds the mailbox of an account, or the one of a key when the words say "-key KEY".
func (s *session) mailbox(words []string) (spool.Key, error) {
	switch {
	case len(words) == 1:
		account, ok := s.Accounts().Lookup(words[0])
		if !ok {
			return 0, fmt.Errorf("%q: %w; pillarbox user list shows them", words[0], accounts.ErrUnknown)
		}
		return spool.Key(account.Mailbox), nil
	case len(words) == 2 && words[0] == "-key":
		key, ok := parseKey(words[1])
		if !ok {
			return 0, fmt.Errorf("%q is no mailbox key: it has 16 hexadecimal digits; pillarbox spool stat shows those of orphans", words[1])
		}
		for _, box := range s.Spool.Mailboxes() {
			if box.Key == key {
				return key, nil
			}
		}
		return 0, fmt.Errorf("no mail is kept for the mailbox %s: %w", words[1], os.ErrNotExist)
	}
	return 0, errProtocol
}

// A Queue is the outgoing mail; *outbound.Queue is one.
type Queue interface {
	List() ([]outbound.Entry, error)
	Held() bool
	Do(ctx context.Context, verb outbound.Verb, s outbound.Selection) (n int, err error)
}
