package appliance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/doctor"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/outbound"
	"pillarbox/appliance/remote"
	"pillarbox/appliance/web"
	"pillarbox/spool"
)

func (b pageBackend) People() (list []web.Person) {
	a := b.a
	in := a.rules.Load()
	held := map[spool.Key]spool.MailboxStats{}
	for _, box := range a.spool.Mailboxes() {
		held[box.Key] = box
	}
	last := a.latest.all()
	for _, account := range in.table.Accounts() {
		box := held[spool.Key(account.Mailbox)]
		list = append(list, web.Person{
			Name: account.Name, Address: identity.AddressOf(in.config, account.Name),
			Messages: box.Messages, Octets: box.Octets, Limit: mailbox.LimitsOf(in.config, account.Name, a.spool.Capacity(), 0).Octets,
			Last: last[account.Name], Admin: b.Admin(account.Name),
		})
	}
	return list
}

func (b pageBackend) Status(ctx context.Context) web.Status {
	a := b.a
	st, h := a.spool.Stats(), a.health(ctx)
	s := web.Status{
		Live: st.Live, Capacity: st.Capacity, Written: writtenBy(st.Lifetime.In, st.Lifetime.Copied, st.Lifetime.Padded),
		Watchdog: watchdogLine(h.Device, h.Timeout, h.Fed), LastReset: h.Last, Degraded: append(h.Degraded, h.Unreachable...),
		Sessions: a.clients.Sessions(), CertificateEnd: a.cert.Leaf().NotAfter, Up: h.Up,
		ClockTrusted: a.clock.Interval().Trusted(),
	}
	s.Lasts = doctor.Lasts(s.Written, s.Capacity, ageOfSpool(a.state, a.now()))
	for _, p := range h.Checks {
		s.Checks = append(s.Checks, web.Check{Name: p.Name, Holds: p.Holds, Age: p.Age, Fault: p.Fault})
	}
	if a.remote != nil {
		s.Remote = remoteLines(a.remote.Status(), time.Since)
		if list, err := a.remote.sending.List(); err != nil {
			s.Queue = []string{"It could not be read: the log of the server says why."}
			a.log.Warn("listing outgoing mail failed", zap.Error(err))
		} else {
			s.Queue = queueLines(list)
		}
	}
	return s
}

// remoteLines describes the remote accounts, without what providers say: that may have addresses,
// and pillarbox remote list shows it.
func remoteLines(list []remote.Status, since func(time.Time) time.Duration) (lines []string) {
	for _, st := range list {
		line := st.Name
		switch minutes := int(since(st.Last) / time.Minute); {
		case st.Last.IsZero():
			line += ": not collected since the start of the server"
		case minutes < 120:
			line += fmt.Sprintf(": collected %d min ago", max(minutes, 0))
		default:
			line += fmt.Sprintf(": collected %d h ago", minutes/60)
		}
		switch {
		case st.Asks:
			line += "; it needs you: pillarbox remote list says why"
		case st.Why != "":
			line += "; the last attempt failed: pillarbox remote list says why"
		}
		lines = append(lines, line)
	}
	return lines
}

// queueLines counts the outgoing messages of each account. It names no recipient.
func queueLines(list []outbound.Entry) (lines []string) {
	type count struct{ all, held map[string]bool }
	counts := map[string]count{}
	for _, e := range list {
		c, ok := counts[e.Account]
		if !ok {
			c = count{map[string]bool{}, map[string]bool{}}
			counts[e.Account] = c
		}
		c.all[e.ID] = true
		if e.Held {
			c.held[e.ID] = true
		}
	}
	for _, account := range slices.Sorted(maps.Keys(counts)) {
		c := counts[account]
		lines = append(lines, fmt.Sprintf("%s: %d to be sent, of which %d are held", account, len(c.all), len(c.held)))
	}
	return lines
}

func watchdogLine(device string, timeout, fed time.Duration) string {
	if timeout == 0 {
		return device
	}
	return fmt.Sprintf("%s, fed %v ago", device, fed.Round(time.Second))
}

// TestMessage delivers a message to an account, so that its user sees whether a client collects it.
func (b pageBackend) TestMessage(ctx context.Context, name string) error {
	a := b.a
	if err := a.intake.MailboxRoom(name, 0); err != nil {
		return err
	}
	c, now := a.rules.Load().config, a.now()
	return deliverNotice(ctx, a.intake, c, now, []string{name}, notice{name, "Test message",
		"This server stored this message at " + now.Format(time.RFC1123Z) + ".\r\n" +
			"If you read it in your mail client, receiving works.\r\n"})
}
