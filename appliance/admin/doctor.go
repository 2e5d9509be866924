package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/doctor"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/machine"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
)

// Doctor examines the server from outside: its configuration, its files and its listeners, and asks
// it for what it finds itself. It works without a running server as well. err is why the
// configuration could not be read; then c is nil.
func Doctor(ctx context.Context, c *config.Config, err error, built time.Time) (all []doctor.Finding) {
	if err != nil {
		return doctor.Configuration("", nil, err)
	}
	e, err := Examine(c)
	if err != nil {
		return doctor.Configuration(c.File, nil, err)
	}
	all = append(doctor.Configuration(c.File, e.Warnings, nil), folderOf(c)...)
	client, err := dialControl(c.State)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			err = fmt.Errorf("does not run (state directory %s)", c.State)
		}
		all = append(all, stopped(err), doctor.Clock(time.Now(), built, false))
		return append(all, limitsOf(c)...)
	}
	defer client.Close()
	client.Deadline(time.Now().Add(doctorPatience))
	found, err := client.Doctor()
	if err != nil {
		return append(all, doctor.Stopped(fmt.Errorf("does not answer: %w", err)))
	}
	all = append(all, found...)
	if u, err := AskSetup(c); err == nil {
		all = append(all, doctor.Listeners(ctx, DoctorListeners(u.Listeners), lanAddress(c))...)
	}
	return append(all, doctor.Name(ctx, c.Hostname, certs.Addresses(), func(ctx context.Context, name string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	}))
}

// stopped is the finding about a server that this program could not connect to.
func stopped(err error) doctor.Finding {
	if errors.Is(err, os.ErrPermission) {
		return doctor.NotPermitted(err)
	}
	return doctor.Stopped(err)
}

// doctorPatience is how long a server may take to examine itself.
const doctorPatience = 20 * time.Second

// lanAddress returns the first private address of the machine that may connect; the zero Addr if
// there is none.
func lanAddress(c *config.Config) netip.Addr {
	for _, addr := range certs.Addresses() {
		if addr.Is4() && addr.IsPrivate() && c.Allow.Contains(addr) {
			return addr
		}
	}
	return netip.Addr{}
}

// DoctorListeners describes listeners for the checks.
func DoctorListeners(list []listen.Address) (all []doctor.Listener) {
	for _, l := range list {
		all = append(all, doctor.Listener{
			Key: l.Key, Protocol: l.Protocol, Address: l.Address, Implicit: l.TLS == "implicit", Off: l.Off, Optional: l.Protocol == string(listen.HTTP),
		})
	}
	return all
}

func folderOf(c *config.Config) (all []doctor.Finding) {
	mounts, err := os.Open("/proc/self/mounts")
	if err == nil {
		defer mounts.Close()
		statedir.AsOwner(c.State, func(state string) error {
			all = doctor.Folder(state, mounts, c.Spool.Volatile)
			return nil
		})
		return all
	}
	return doctor.Folder(c.State, nil, c.Spool.Volatile)
}

func limitsOf(c *config.Config) []doctor.Finding {
	return doctor.Limits(storage.MemoryOf(c), machine.Memory(), 0)
}

// DoctorText is what the command doctor shows to people.
func DoctorText(all []doctor.Finding) string {
	width := 0
	for _, f := range all {
		width = max(width, len(f.Check))
	}
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%-4s  %-*s  %s\n", f.Level, width, f.Check, f.Text)
		if f.Fix != "" {
			fmt.Fprintf(&b, "      %-*s  to do: %s\n", width, "", f.Fix)
		}
	}
	return b.String()
}
