package listen

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
)

// Options are what a Set needs beside the configuration.
type Options struct {
	State    string           // the state directory, which has the ports
	Final    bool             // clients may have been set up by the ports of an earlier start
	Succeeds bool             // another process has the spool: one that ends and has the ports as well
	Rights   *statedir.Rights // opens ports
	Log      *zap.Logger
}

// A Set is the listeners of a server; a nil *Set has none. Its methods may be called from any
// goroutine, those of opening only before the others.
type Set struct {
	o        Options
	chosen   Ports // in place of standard ports
	replaced Ports // those of chosen by which clients need other ports than the standard ones

	mu   sync.Mutex // guards what follows
	open []*Listener
	off  []off
	// begin accepts at a listener that a reload has opened; nil unless Begin was called.
	begin func(*Listener)
}

// An off is an address of the configuration that another program uses.
type off struct {
	row  Row
	addr string
	err  error
}

// Open opens the addresses of the configuration. One that another program uses is off; any other
// error opens none. It writes nothing and comes before all that does: the service manager repeats a
// start that fails here, all day if need be, and that must not wear the flash. Therefore it fails
// at once if no POP3 listener is left, unless another process has the spool.
func Open(c *config.Config, o Options) (*Set, error) {
	kept, err := LoadPorts(o.State)
	if err != nil {
		return nil, err
	}
	s := &Set{o: o, chosen: Ports{}}
	if o.Final {
		maps.Copy(s.chosen, kept)
	}
	if err := s.listen(c); err != nil {
		return nil, err
	}
	if s.withoutPOP3() && !o.Succeeds {
		return nil, errors.Join(s.off[0].err, s.closeAll())
	}
	return s, nil
}

// Settle is called once this process has the spool; waited reports whether it had to wait for that.
// If another process had it, Settle waits for the ports that are off as well: a process that is
// killed gives back one after the other. Standard ports that are not permitted were replaced by
// high ones; the choice is stored in the state directory.
func (s *Set) Settle(ctx context.Context, c *config.Config, waited bool) error {
	if (s.o.Succeeds || waited) && len(s.off) > 0 {
		err := statedir.Patiently(ctx, time.Now().Add(statedir.Patience), syscall.EADDRINUSE, func() error {
			s.closeAll()
			err := s.listen(c)
			if err == nil && len(s.off) > 0 {
				err = s.off[0].err
			}
			return err
		})
		if err != nil && len(s.off) == 0 {
			return err
		}
	}
	if s.withoutPOP3() {
		return s.off[0].err
	}
	s.replaced = s.chosen.replaced(c)
	s.noteReplaced()
	s.noteOff()
	kept, err := LoadPorts(s.o.State)
	if err != nil || maps.Equal(s.chosen, kept) {
		return err
	}
	return statedir.UnlessReadOnly(s.chosen.Store(s.o.State))
}

// listen opens the addresses with the rights that this process was started with.
func (s *Set) listen(c *config.Config) error {
	return s.o.Rights.AsRoot(func() (err error) {
		s.open, s.off, err = openAll(c, s.chosen)
		return err
	})
}

// withoutPOP3 reports whether other programs have the ports of all POP3 listeners.
func (s *Set) withoutPOP3() bool {
	return len(s.off) > 0 && !slices.ContainsFunc(s.open, func(l *Listener) bool { return l.Protocol == POP3 })
}

func (s *Set) closeAll() error {
	closeListeners(s.open)
	return nil
}

// noteReplaced logs that clients need other ports than the standard ones, and what to do.
func (s *Set) noteReplaced() {
	if len(s.replaced) == 0 {
		return
	}
	advice := "permit this user to listen below 1024; or set pop3.listen, pop3.listen_tls, smtp.listen and smtp.listen_tls to these ports"
	for standard := range s.replaced {
		if s.o.Rights.AsRoot(func() error { return TryBind(":" + strconv.Itoa(standard)) }) == nil {
			advice = "they are permitted now: to use them, stop the server, remove " + portsPath(s.o.State) + ", start it, and set up the clients again"
			break
		}
	}
	s.o.Log.Warn("the standard ports are not used: clients need other ones",
		zap.Stringer("ports", s.replaced), zap.String("advice", advice))
}

// noteOff logs which listeners are off.
func (s *Set) noteOff() {
	for _, off := range s.off {
		s.o.Log.Warn("listener is off: another program uses the port; the next reload or start tries it again",
			zap.String("key", off.row.Key), zap.String("at", off.addr), zap.Error(off.err))
	}
}

// Replaced returns the ports that clients need in place of the standard ones.
func (s *Set) Replaced() Ports {
	if s == nil {
		return nil
	}
	return s.replaced
}

// Listeners returns the listeners that are open.
func (s *Set) Listeners() []*Listener {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.open)
}

// Off describes the listeners that are off.
func (s *Set) Off() (list []string) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, off := range s.off {
		list = append(list, fmt.Sprintf("%s %s is off: another program uses the port; it is tried again at a reload or start", off.row.Key, off.addr))
	}
	return list
}

// Addresses describes the listeners that are open, then those that are off.
func (s *Set) Addresses() (list []Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.open {
		list = append(list, Address{
			Key: l.Key, Protocol: l.Protocol.name(), Address: l.Addr().String(), Port: l.Port(), TLS: tlsOf(l.Protocol, l.TLS),
		})
	}
	for _, off := range s.off {
		l := off.row.at(off.addr)
		l.Off = "another program uses the port"
		if !errors.Is(off.err, syscall.EADDRINUSE) {
			l.Off = off.err.Error()
		}
		list = append(list, l)
	}
	return list
}

// Begin calls accept for the listeners that are open, and from now on for each that a reload opens.
func (s *Set) Begin(accept func(*Listener)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin = accept
	for _, l := range s.open {
		s.o.Log.Info("listening", zap.String("key", l.Key), zap.Stringer("at", l.Addr()))
		accept(l)
	}
}

// Close closes the listeners; no reload opens another one. A nil *Set has none.
func (s *Set) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin = nil
	closeListeners(s.open)
}

// Retry tries the listeners that are off again. Only a reload does: a timer would take the port
// from a program that restarts for an upgrade. The health checks, which are made once, cover what
// it opens from the next start on.
func (s *Set) Retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begin == nil {
		return
	}
	var still []off
	for _, off := range s.off {
		var l *Listener
		err := s.o.Rights.AsRoot(func() (err error) {
			l, err = off.row.open(off.addr)
			return err
		})
		if err != nil {
			off.err = err
			still = append(still, off)
			s.o.Log.Warn("listener is still off", zap.String("key", off.row.Key), zap.String("at", off.addr), zap.Error(err))
			continue
		}
		s.open = append(s.open, l)
		s.o.Log.Info("listening", zap.String("key", l.Key), zap.Stringer("at", l.Addr()))
		s.begin(l)
	}
	s.off = still
}

// openAll opens the addresses that no other program has, and adds to the ports that are chosen. An
// error opens none.
func openAll(c *config.Config, chosen Ports) (open []*Listener, others []off, err error) {
	defer func() {
		if err != nil {
			closeListeners(open)
			open, others = nil, nil
		}
	}()
	add := func(l Row, addr string, one *Listener, err error) error {
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			others = append(others, off{l, addr, err})
			return nil
		case err != nil:
			return err
		}
		open = append(open, one)
		return nil
	}
	for _, l := range Table(c) {
		if l.Addrs == nil {
			for _, port := range l.Standard {
				addr := ""
				one, err := chosen.open(port, func(port int) (*Listener, error) {
					addr = ":" + strconv.Itoa(port)
					return l.open(addr)
				})
				if err := add(l, addr, one, err); err != nil {
					return open, others, err
				}
			}
		}
		for _, addr := range l.Addrs {
			one, err := l.open(addr)
			if err := add(l, addr, one, err); err != nil {
				return open, others, err
			}
		}
	}
	return open, others, nil
}
