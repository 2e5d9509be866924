package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/spool"
)

// A Server answers what is asked about one spool. It may serve several streams at once.
type Server struct {
	Spool    *spool.Spool
	Accounts func() *accounts.Table       // those of this moment
	Running  bool                         // a box serves the spool, not a command alone
	Limit    func(account string) int64   // how many octets the mailbox of an account may hold; nil: the spool alone sets a limit
	Now      func() time.Time             // what day it is; nil: time.Now
	Health   func(context.Context) Health // what the box has proven; nil: no box runs
	Reload   func()                       // reads the box's files anew, and comes back when what they say is in force; nil: nobody has read them
}

func (s *Server) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// A request is one row of the table of what can be asked.
type request struct {
	verb string
	run  func(s *session, ctx context.Context, words []string) error
}

var requests = [...]request{
	{"stat", (*session).stat},
	{"verify", (*session).verify},
	{"compact", (*session).compact},
	{"hold", (*session).hold},
	{"export", (*session).export},
	{"import", (*session).take},
	{"bin", (*session).bin},
	{"restore", (*session).restore},
	{"health", (*session).health},
	{"reload", (*session).reload},
}

// A session is one stream. It is used by one goroutine.
type session struct {
	*Server
	talk *talk
}

// errLost: the client is gone, or speaks nonsense; there is nobody to tell.
type errLost struct{ err error }

func (e errLost) Error() string { return e.err.Error() }

// ServeConn answers until the client hangs up or ctx ends. It closes conn.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // cuts short what waits for the client
	defer stop()
	se := &session{s, newTalk(conn)}
	for {
		verb, words, err := se.talk.hear()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = se.answer(ctx, verb, words)
		var lost errLost
		if errors.As(err, &lost) {
			return lost.err
		}
		if err != nil {
			if ctx.Err() != nil {
				conn.SetDeadline(time.Now().Add(time.Second))
				err = errors.New("the box is stopping; ask again when it runs")
			}
			return errors.Join(err, se.talk.say("error", short(err.Error()))) // and hang up: the two may be out of step
		}
	}
}

func (s *session) answer(ctx context.Context, verb string, words []string) error {
	for _, r := range requests {
		if r.verb == verb {
			return r.run(s, ctx, words)
		}
	}
	return errNonsense
}

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

func (s *session) stat(context.Context, []string) error {
	st := gather(s.Spool, s.Accounts(), s.Running)
	for _, v := range st.Values() {
		if v.Number != nil {
			s.talk.add("value", v.Name, *v.Number)
		} else {
			s.talk.add("value", v.Name, short(*v.Text))
		}
	}
	for _, m := range st.Accounts {
		s.talk.add("account", m.Name, m.Messages, m.Octets)
	}
	for _, m := range st.Orphans {
		s.talk.add("orphan", m.Name, m.Messages, m.Octets)
	}
	return lost(s.talk.say("done"))
}

// steps is how many lines of progress a verification says at most.
const steps = 200

func (s *session) verify(ctx context.Context, _ []string) error {
	ctx, hungUp := context.WithCancel(ctx)
	defer hungUp()
	said := 0
	report, err := s.Spool.Verify(ctx, func(done, total int) {
		if now := done * steps / max(total, 1); now > said {
			said = now
			if s.talk.say("progress", done, total) != nil {
				hungUp()
			}
		}
	})
	if err != nil {
		return err
	}
	names := map[spool.Key]string{}
	for _, account := range s.Accounts().Accounts() {
		names[spool.Key(account.Mailbox)] = account.Name
	}
	for _, d := range report.Damaged {
		name := names[d.Mailbox]
		if name == "" {
			name = keyText(d.Mailbox)
		}
		s.talk.add("damaged", name, d.UID)
	}
	return lost(s.talk.say("done", report.Messages, report.Bytes, report.Lost))
}

func (s *session) compact(ctx context.Context, _ []string) error {
	ctx, hungUp := context.WithCancel(ctx)
	defer hungUp()
	err := s.Spool.Compact(ctx, func(free int) {
		if s.talk.say("progress", free, 0) != nil {
			hungUp()
		}
	})
	if err != nil {
		return err
	}
	return lost(s.talk.say("done"))
}

// hold keeps the slots from being used again until the client says so, or goes.
func (s *session) hold(context.Context, []string) error {
	hold := s.Spool.Hold()
	defer hold.Release()
	if err := s.talk.say("held"); err != nil {
		return lost(err)
	}
	switch verb, _, err := s.talk.hear(); {
	case err != nil:
		return lost(err)
	case verb != "release":
		return errNonsense
	}
	if err := hold.Release(); err != nil {
		return err
	}
	return lost(s.talk.say("done"))
}

// reload has files read that the client has changed.
func (s *session) reload(context.Context, []string) error {
	if s.Reload != nil {
		s.Reload()
	}
	return lost(s.talk.say("done"))
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
	return 0, errNonsense
}
