package appliance

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/doctor"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/machine"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
)

// An examiner examines a running server.
type examiner struct{ a *Appliance }

// run runs the checks that the server itself can answer. The page shows them, and the command
// doctor adds those that have to look from outside.
func (e examiner) run(ctx context.Context) (all []doctor.Finding) {
	a := e.a
	in := a.rules.Load()
	h := a.health(ctx)
	said := doctor.Health{Well: h.Well, Degraded: a.cert.other(in.config), Unreachable: h.Unreachable, Device: h.Device, Timeout: h.Timeout, Last: h.Last}
	if replaced := a.listeners.Replaced(); len(replaced) > 0 {
		said.Degraded = append(said.Degraded, fmt.Sprintf("the standard ports are not used: clients need %v", replaced))
	}
	for _, p := range h.Checks {
		if !p.Holds {
			said.Faults = append(said.Faults, p.Name+": "+p.Fault)
		}
	}
	all = append(all, said.Check()...)
	all = append(all, e.spool()...)
	all = append(all, e.certificate(in.config)...)
	all = append(all, doctor.Clock(a.now(), a.opts.Built, a.clock.Interval().Trusted()))
	all = append(all, doctor.Limits(storage.MemoryOf(in.config), machine.Memory(), descriptors())...)
	all = append(all, e.accounts(in)...)
	all = append(all, doctor.Plain(a.page.devices.plain()))
	list := admin.DoctorListeners(addressesOf(a))
	all = append(all, doctor.Page(list, in.config.Web.Listen != nil))
	name, reason := a.page.name()
	return append(all, doctor.Multicast(in.config.MDNS, name, reason))
}

func (e examiner) certificate(c *config.Config) []doctor.Finding {
	a := e.a
	leaf := a.cert.Leaf()
	shown := doctor.Certificate{
		From: leaf.NotBefore, Until: leaf.NotAfter, Hostname: c.Hostname, Names: leaf.DNSNames,
		Own: a.cert.IsUsers(), Outside: a.cert.Outside(), Constrained: true,
	}
	for _, ip := range leaf.IPAddresses {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			shown.Addrs = append(shown.Addrs, addr.Unmap())
		}
	}
	if authority, err := certs.AuthorityOf(filepath.Join(a.state, statedir.CertsFolder)); err == nil {
		shown.Constrained = authority.Constrained
	}
	return shown.Check(a.now(), identity.Addresses(c))
}

func (e examiner) accounts(in *rules) []doctor.Finding {
	a := e.a
	var unknown, odd []string
	admins := 0
	for _, name := range in.config.Web.Admins {
		if _, ok := in.table.Lookup(name); !ok {
			unknown = append(unknown, name)
		}
	}
	list := in.table.Accounts()
	for _, account := range list {
		if a.page.administers(in.config, in.table, account.Name) {
			admins++
		}
		if accounts.CheckNewName(account.Name) != nil {
			odd = append(odd, account.Name)
		}
	}
	slices.Sort(odd)
	return doctor.Accounts(len(list), admins, unknown, in.routing.Dangling(), odd)
}

func (e examiner) spool() []doctor.Finding {
	a := e.a
	st := a.spool.Stats()
	s := doctor.Spool{
		Live: st.Live, Capacity: st.Capacity, ReadOnly: st.ReadOnly, Damaged: st.Damaged, Faults: st.Faults,
		Hidden: st.Hidden, Crowded: st.Crowded, Written: writtenBy(st.Lifetime.In, st.Lifetime.Copied, st.Lifetime.Padded), Age: ageOfSpool(a.state, a.now()),
	}
	if st.LastFault != nil {
		s.LastFault = st.LastFault.Error()
	}
	return s.Check()
}

// ageOfSpool returns how long ago the spool was made; 0 if that is not known.
func ageOfSpool(state string, now time.Time) time.Duration {
	info, err := os.Stat(filepath.Join(state, statedir.SpoolFolder, "FORMAT"))
	if err != nil {
		return 0
	}
	return max(now.Sub(info.ModTime()), 0)
}

// writtenBy returns how many octets a spool has given to its device.
func writtenBy(parts ...uint64) (sum int64) {
	for _, n := range parts {
		sum += int64(n)
	}
	return sum
}
