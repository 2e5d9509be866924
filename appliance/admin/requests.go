package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/statedir"
	"pillarbox/spool"
)

// Listen opens the control socket in a state directory, for the owner of this process and root
// alone. One that was left by a crash gives way: the process that has the spool is the server. The
// socket is made under another name first, so that no client finds it before its mode is right.
func Listen(state string) (l *net.UnixListener, err error) {
	const aside = statedir.ControlSocket + ".new"
	os.Remove(filepath.Join(state, aside)) // if it stays, the listen will say so
	err = statedir.SocketAt(state, aside, func(path string) error {
		private := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) (err error) {
			if closed := socket.Control(func(fd uintptr) { err = syscall.Fchmod(int(fd), 0o600) }); closed != nil {
				return closed
			}
			return err // what the socket has is what its name gets (unix(7))
		}}
		opened, err := private.Listen(context.Background(), "unix", path)
		if err == nil {
			l = opened.(*net.UnixListener)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it goes by another name then
	if err := os.Rename(filepath.Join(state, aside), filepath.Join(state, statedir.ControlSocket)); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Serve answers commands until ctx ends. It returns when none is being answered any more.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener, state string, log *zap.Logger) {
	var group sync.WaitGroup
	defer group.Wait()
	defer os.Remove(filepath.Join(state, statedir.ControlSocket))
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return
		}
		if err != nil { // no descriptors left: mail clients have the spare one
			log.Warn("accepting a connection to the control socket failed", zap.Error(err))
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			continue
		}
		group.Go(func() {
			if err := s.ServeConn(ctx, conn); err != nil {
				log.Info("control command failed", zap.Error(err))
			}
		})
	}
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
	{"queue", (*session).queue},
	{"reload", (*session).reload},
	{"doctor", (*session).doctor},
	{"setup", func(s *session, _ context.Context, words []string) error { return s.setup(words) }},
	{"fetch", (*session).fetch},
	{"remotes", func(s *session, _ context.Context, words []string) error { return s.remotes(words) }},
	{"logins", func(s *session, _ context.Context, words []string) error { return s.lastLogins(words) }},
}

// ServeConn answers until the client hangs up or ctx ends. It closes conn.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) error {
	defer conn.Close()
	// A read that waits for the client ends with the context.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	se := &session{s, newTalk(conn)}
	for {
		verb, words, err := se.talk.read()
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
				err = errors.New("the server is stopping; try again when it runs")
			}
			// The connection ends as well: client and server may be out of step.
			return errors.Join(err, se.talk.send("error", short(err.Error())))
		}
	}
}

func (s *session) answer(ctx context.Context, verb string, words []string) error {
	for _, r := range requests {
		if r.verb == verb {
			return r.run(s, ctx, words)
		}
	}
	return errProtocol
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
	return lost(s.talk.send("done"))
}

// steps is how many lines of progress a verification reports at most.
const steps = 200

func (s *session) verify(ctx context.Context, _ []string) error {
	ctx, hungUp := context.WithCancel(ctx)
	defer hungUp()
	said := 0
	report, err := s.Spool.Verify(ctx, func(done, total int) {
		if now := done * steps / max(total, 1); now > said {
			said = now
			if s.talk.send("progress", done, total) != nil {
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
	return lost(s.talk.send("done", report.Messages, report.Bytes, report.Lost))
}

func (s *session) compact(ctx context.Context, _ []string) error {
	ctx, hungUp := context.WithCancel(ctx)
	defer hungUp()
	err := s.Spool.Compact(ctx, func(free int) {
		if s.talk.send("progress", free, 0) != nil {
			hungUp()
		}
	})
	if err != nil {
		return err
	}
	return lost(s.talk.send("done"))
}

// hold keeps the slots from being used again until the client releases it or hangs up.
func (s *session) hold(context.Context, []string) error {
	hold := s.Spool.Hold()
	defer hold.Release()
	if err := s.talk.send("held"); err != nil {
		return lost(err)
	}
	switch verb, _, err := s.talk.read(); {
	case err != nil:
		return lost(err)
	case verb != "release":
		return errProtocol
	}
	if err := hold.Release(); err != nil {
		return err
	}
	return lost(s.talk.send("done"))
}

// reload reads files again that the client has changed.
func (s *session) reload(context.Context, []string) error {
	if s.Reload != nil {
		if err := s.Reload(); err != nil {
			return err
		}
	}
	return lost(s.talk.send("done"))
}
