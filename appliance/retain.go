package appliance

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
	"pillarbox/appliance/retention"
	"pillarbox/spool"
)

// passEvery is how often mail is looked for whose time has come.
const passEvery = time.Hour

// A retainer is how far retention is. It belongs to the goroutine that looks.
type retainer struct {
	keeper *retention.Keeper
	passed time.Duration // uptime of the last pass
	any    bool          // there was one
}

// openWitness has the clock judged from here on, with what the run before knew of it.
func (a *Appliance) openWitness() {
	kept, err := retention.Load(filepath.Join(a.state, clockFile))
	if err != nil {
		a.log.Warn("what the run before knew of the clock is lost", logbook.Error(err))
	}
	a.witness = retention.NewWitness(a.opts.Clock, a.opts.Built, kept)
	a.retainer.keeper = retention.NewKeeper(kept, a.opts.Clock().Up)
}

// now is the wall clock.
func (a *Appliance) now() time.Time { return a.opts.Clock().Wall }

// retain is called every minute: it has the clock judged, empties bins when the spool fills up, and once an hour removes the mail whose
// time has come.
func (a *Appliance) retain(ctx context.Context) {
	settled, up := a.witness.Settled(), a.opts.Clock().Up
	term := a.witness.Term() // read last: a pass that is due judges by a time that is no older
	in, r := a.rules.Load(), &a.retainer
	if percent := a.livePercent(); percent >= warnPercent { // before anybody is warned
		a.relieve(ctx, a.retained(in), func() bool { return a.livePercent() < relaxPercent })
	}
	if record, ok := a.witness.Record(); ok && removes(in.config) && r.keeper.Due(record, up) {
		a.saveClock(record, up)
	}
	if !settled || r.any && up-r.passed < passEvery {
		return
	}
	r.any, r.passed = true, up
	if err := retention.Pass(ctx, mailboxes{a.spool}, a.retained(in), term, a.log); err != nil && ctx.Err() == nil {
		a.log.Error("retention", logbook.Error(err))
	}
	a.log.Debug("looked for old mail", logbook.Time("since", term.Since))
}

// livePercent is how much of the capacity is mail.
func (a *Appliance) livePercent() int64 {
	st := a.spool.Stats()
	return st.Live * 100 / st.Capacity
}

// endRetention keeps what this run knows of the clock, where somebody needs it.
func (a *Appliance) endRetention() {
	if record, ok := a.witness.Record(); ok && removes(a.rules.Load().config) {
		a.saveClock(record, a.opts.Clock().Up)
	}
}

func (a *Appliance) saveClock(record retention.Record, up time.Duration) {
	a.retainer.keeper.Saved(record, up)
	if err := record.Save(filepath.Join(a.state, clockFile)); err != nil {
		a.log.Error("the days of retention will be counted anew after the next start", logbook.Error(err))
	}
}

// relieve empties the bins of accounts until enough says so. One at a time does it.
func (a *Appliance) relieve(ctx context.Context, of []retention.Account, enough func() bool) {
	a.relieving.Lock()
	defer a.relieving.Unlock()
	if err := retention.Relieve(ctx, mailboxes{a.spool}, of, enough, a.log); err != nil && ctx.Err() == nil {
		a.log.Error("the bin could not be emptied", logbook.Error(err))
	}
}

// retained are the accounts with their policies.
func (a *Appliance) retained(in *rules) []retention.Account {
	var list []retention.Account
	for _, account := range in.table.Accounts() {
		list = append(list, retention.Account{Name: account.Name, Key: account.Mailbox, Policy: policyOf(in.config, account.Name)})
	}
	return list
}

// removes says whether any policy of a configuration ever removes mail.
func removes(c *config.Config) bool {
	some := policy(c.Retention.Keeping).Removes()
	for _, own := range c.Retention.Accounts {
		some = some || policy(own).Removes()
	}
	return some
}

func policyOf(c *config.Config, account string) retention.Policy {
	return policy(c.Retention.Of(account))
}

func policy(k config.Keeping) retention.Policy {
	return retention.Policy{KeepDays: k.KeepDays, KeepAfterFetch: k.KeepDaysAfterFetch, BinDays: k.BinDays}
}

// mailboxes is a retention.Store.
type mailboxes struct{ spool *spool.Spool }

func (m mailboxes) Mailbox(key uint64) (retention.Mailbox, error) {
	view, err := m.spool.View(spool.Key(key))
	return frozen{view}, err
}

// frozen is a retention.Mailbox.
type frozen struct{ *spool.View }

func (f frozen) Bears(label string) bool {
	for l := range f.Labels() {
		if l == label {
			return true
		}
	}
	return false
}

func (f frozen) Update(ctx context.Context, c retention.Change) error {
	change := spool.Change{Expunge: c.Expunge}
	for _, m := range c.Marks {
		change.Marks = append(change.Marks, spool.Mark(m))
	}
	return f.View.Update(ctx, change)
}

// strangers are the accounts that have a policy of their own in the configuration and are none, sorted.
func strangers(c *config.Config, table *accounts.Table) (names []string) {
	for name := range c.Retention.Accounts {
		if _, known := table.Lookup(name); !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
