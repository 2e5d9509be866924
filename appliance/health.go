package appliance

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
)

// health returns the result of the health checks.
func (a *Appliance) health(ctx context.Context) admin.Health {
	r := a.guard.Report(ctx)
	h := admin.Health{
		Well: r.Well, Device: a.guard.Name, Timeout: r.Timeout, Fed: r.Fed, Late: r.Late.Most,
		Up: time.Since(a.started), Last: a.guard.Last, Degraded: a.degraded(),
	}
	var inside []string
	h.Unreachable, inside = a.unreachable()
	h.Degraded = append(h.Degraded, inside...)
	h.Degraded = append(h.Degraded, a.cert.other(a.rules.Load().config)...)
	for _, p := range r.Checks {
		h.Checks = append(h.Checks, admin.CheckResult(p))
	}
	return h
}

// degraded returns what does not work without being a reason to start again: a full server still
// serves its mail, and so does one whose device takes no writes.
func (a *Appliance) degraded() (said []string) {
	st := a.spool.Stats()
	if a.guard.ReadOnly {
		said = append(said, fmt.Sprintf("reading only, after %d resets by the watchdog", a.guard.Resets))
	}
	if a.readOnly && !a.guard.ReadOnly {
		said = append(said, "reading only: the file system of the state directory is read-only")
	}
	if st.ReadOnly && !a.readOnly {
		said = append(said, "the device refused two writes: nothing new is accepted until it takes one")
	}
	if st.Faults > 0 {
		said = append(said, fmt.Sprintf("%d writes or flushes have failed: %v", st.Faults, st.LastFault))
	}
	if st.Damaged > 0 {
		said = append(said, fmt.Sprintf("%d records are damaged", st.Damaged))
	}
	said = append(said, a.listeners.Off()...)
	if a.remote != nil {
		said = append(said, a.remote.trouble()...)
	}
	if replaced := a.listeners.Replaced(); len(replaced) > 0 {
		said = append(said, fmt.Sprintf("the standard ports are not used: clients need %v", replaced))
	}
	if text := storage.Crowded(&st); text != "" {
		said = append(said, text)
	} else if a.spool.Room(0) != nil {
		said = append(said, "the spool is full: new mail is refused for now")
	}
	if a.remote != nil {
		said = append(said, a.remote.sending.Troubles()...)
	}
	return said
}

// unreachable returns which listeners no client can reach; see unreachableIn.
func (a *Appliance) unreachable() (said, inside []string) {
	if !a.boot.Contained() || len(identity.Addresses(a.boot)) > 0 {
		return nil, nil
	}
	return unreachableIn(a.listeners.Replaced(), a.listeners.Listeners())
}

// unreachableIn returns which listeners no client can reach in a container behind the network of
// its engine: those at ports in place of the standard ones, which are the ports that the image
// names and the engine forwards, and those at the loopback, to which no engine forwards. The health
// checks of the server pass there, because they connect from inside. If clients reach POP3, the
// listeners at the loopback are inside instead: they may be for a program that shares the network
// of the container, such as Postfix in the same pod.
func unreachableIn(replaced listen.Ports, open []*listen.Listener) (said, inside []string) {
	reached := false
	for _, l := range open {
		switch {
		case !l.Inside():
			reached = reached || l.Protocol == listen.POP3
		case l.Protocol != listen.LMTP:
			inside = append(inside, fmt.Sprintf("%s listens at %v, which is reached from inside of this container only: write \":%d\"", l.Key, l.Addr(), l.Port()))
		}
	}
	if len(replaced) > 0 {
		said = append(said, fmt.Sprintf("this container serves %v, and the engine forwards the standard ports: start it with the sysctl net.ipv4.ip_unprivileged_port_start=0, "+
			"or set PILLARBOX_POP3_LISTEN and the like to the ports that are published", replaced))
	}
	if !reached {
		return append(said, inside...), nil
	}
	return said, inside
}

// statusLine describes the state of the server in a few words.
func (a *Appliance) statusLine() string {
	if said := a.degraded(); len(said) > 0 {
		return "serving; " + said[0]
	}
	return "serving"
}

// addressesOf returns the addresses of mail and of the page.
func addressesOf(a *Appliance) []listen.Address {
	return append(a.listeners.Addresses(), a.page.listeners.Addresses()...)
}

// setup returns what a mail client needs to know.
func (a *Appliance) setup() admin.Setup {
	u := admin.SetupOf(a.rules.Load().config)
	u.Fingerprint = a.cert.Fingerprint()
	u.Listeners = addressesOf(a)
	if a.first.login.Load() {
		u.FirstLogin = filepath.Join(a.state, statedir.FirstLoginFile)
	}
	return *u
}
