package mdns

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
)

// A Responder answers for one server.
type Responder struct {
	// Log takes what changes; it must not be nil.
	Log *zap.Logger
	// Every is how often interfaces and other programs are looked at; 0: each minute.
	Every time.Duration
	// Holders finds other programs; nil: there are none.
	Holders *Holders

	changed chan struct{} // settings were

	mu       sync.Mutex
	settings Settings
	name     string // that is announced; "" if none is
	reason   string // why none is
}

// New returns a Responder. It starts nothing.
func New(s Settings, log *zap.Logger) *Responder {
	return &Responder{Log: log, settings: s, changed: make(chan struct{}, 1), reason: "not started"}
}

// Update replaces the settings. They are announced within a moment.
func (r *Responder) Update(s Settings) {
	r.mu.Lock()
	r.settings = s
	r.mu.Unlock()
	signal(r.changed)
}

// Name returns the host name that is announced; if it is "", reason says why none is.
func (r *Responder) Name() (name, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.name, r.reason
}

// note keeps and logs what is announced, if that has changed.
func (r *Responder) note(name, reason string) {
	r.mu.Lock()
	same := r.name == name && r.reason == reason
	r.name, r.reason = name, reason
	r.mu.Unlock()
	switch {
	case same:
	case name != "":
		r.Log.Info("announced on the local network", zap.String("name", name))
	default:
		r.Log.Info("not announced on the local network", zap.String("reason", reason))
	}
}

func (r *Responder) current() Settings {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settings
}

// Run answers until ctx ends, wherever nobody else does. When it returns, everything that was
// announced is withdrawn.
func (r *Responder) Run(ctx context.Context) {
	every := r.Every
	if every == 0 {
		every = time.Minute
	}
	for ctx.Err() == nil {
		if reason := r.serve(ctx, every); ctx.Err() == nil {
			r.note("", reason)
			wait(ctx, every, r.changed)
		}
	}
	r.note("", "stopped")
}

// wait returns after d, at the end of ctx, or when something comes.
func wait(ctx context.Context, d time.Duration, or <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-or:
	}
}

// serve answers until ctx ends or another program has the port, and returns why it does not.
func (r *Responder) serve(ctx context.Context, every time.Duration) (reason string) {
	const taken = "another program on this machine uses port 5353, and answers for it"
	s := r.current()
	if !s.Always && r.Holders != nil && r.Holders.others(nil) {
		return taken
	}
	seen := watchChanges() // before the list is made
	links := limit(findLinks(s.Allowed))
	if len(links) == 0 {
		seen.close()
		return "no interface has an address that may connect"
	}
	a, err := r.open(ctx, links)
	if err != nil {
		seen.close()
		return "port 5353: " + err.Error()
	}
	a.changes = seen
	defer a.close()
	a.build(s, links)
	for {
		switch a.claim(ctx) {
		case stopped:
			a.goodbye()
			return "stopped"
		case challenged:
			a.goodbye()
			return "other hosts on the network take every name that is tried"
		}
		r.note(a.label+".local", "")
		switch a.hold(ctx, every, r) {
		case stopped:
			a.goodbye()
			return "stopped"
		case heldByOther:
			a.goodbye()
			return taken
		case moved:
			a.goodbye()
			s = r.current()
			if links = limit(findLinks(s.Allowed)); len(links) == 0 {
				return "no interface has an address that may connect"
			}
			a.number = 1
			a.build(s, links)
		case challenged:
			a.build(s, links) // and probe for the same name first (§9)
		}
	}
}

// open opens the sockets. One family is enough.
func (r *Responder) open(ctx context.Context, links []*link) (*announcement, error) {
	a := &announcement{number: 1}
	var first error
	for _, wide := range []bool{false, true} {
		p, err := openPort(ctx, wide, links)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		none := []*link{}
		p.links.Store(&none)
		a.ports = append(a.ports, p)
	}
	if len(a.ports) == 0 {
		return nil, first
	}
	for i, p := range a.ports {
		a.inodes[i] = p.inode()
		a.group.Go(p.serve)
	}
	return a, nil
}

// hold keeps the name until something happens to it.
func (a *announcement) hold(ctx context.Context, every time.Duration, r *Responder) event {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	trouble, _ := a.channels()
	for {
		select {
		case <-ctx.Done():
			return stopped
		case <-trouble[0]:
			return challenged
		case <-trouble[1]:
			return challenged
		case <-r.changed:
			if !a.follow(r.current()) {
				return moved
			}
		case <-ticker.C:
		}
		if !a.s.Always && r.Holders != nil && r.Holders.others(a.inodes[:len(a.ports)]) {
			return heldByOther
		}
		if a.changes.any() {
			if !a.follow(a.s) {
				return moved
			}
		}
	}
}
