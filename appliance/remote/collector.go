package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/session"
)

// A Collector collects the mail of all accounts. Its fields are set before Run and not changed.
type Collector struct {
	Accounts func() []*Account // those of this moment
	Open     func(ctx context.Context, a *Account, eras ...uint64) (Session, error)
	Store    Store
	Clock    Clock
	Hostname string // of this server
	Notices  *Notices
	// PutOff returns why nothing may be fetched now; nil, or an error of nil: it may.
	PutOff func() error
	Log    *zap.Logger

	working sync.Mutex // held during a collection: there is one at a time
	mu      sync.Mutex // guards states
	states  map[string]*state
}

const (
	// lookEvery is how often the accounts are looked at.
	lookEvery = 15 * time.Second
	// mostParts bounds the sessions of one collection, each of which deletes a part.
	mostParts = 100
)

// Run collects until ctx ends.
func (c *Collector) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		for _, a := range c.Accounts() {
			if ctx.Err() == nil && c.due(a) && c.putOff() == nil {
				c.collect(ctx, a, order{}) // it logs
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// putOff returns why nothing may be fetched now. Nothing is written in the meantime, not even that
// it was tried.
func (c *Collector) putOff() error {
	if c.PutOff == nil {
		return nil
	}
	return c.PutOff()
}

// due reports whether an account is to be collected now. The first time is within a minute of the
// start, so that a start is not slowed down by it.
func (c *Collector) due(a *Account) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state(a.Name)
	now := time.Now()
	if s.next.IsZero() {
		s.next = now.Add(jitter(30 * time.Second))
	}
	return a.Reason == "" && a.Fetch != config.FetchNone && !s.asks(a) && !now.Before(s.next)
}

// state returns the state of an account. mu is held.
func (c *Collector) state(name string) *state {
	if c.states == nil {
		c.states = make(map[string]*state)
	}
	s := c.states[name]
	if s == nil {
		s = &state{past: past{failed: make(map[ID]int), broke: make(map[ID]bool), large: make(map[ID]bool), absent: make(map[ID]int)}}
		c.states[name] = s
	}
	return s
}

// errOff is the error of an account that fetches nothing.
var errOff = errors.New("fetch is \"none\" in its table")

// Collect collects one account now, and lists its mailbox whatever is known of it. A dry run stores
// and deletes nothing.
func (c *Collector) Collect(ctx context.Context, a *Account, dry bool) (Report, error) {
	return c.collect(ctx, a, order{dry: dry, whole: true})
}

func (c *Collector) collect(ctx context.Context, a *Account, o order) (Report, error) {
	switch {
	case a.Reason != "":
		return Report{}, errors.New(a.Reason)
	case a.Fetch == config.FetchNone:
		return Report{}, errOff
	}
	if err := c.putOff(); err != nil {
		return Report{}, err
	}
	c.working.Lock()
	defer c.working.Unlock()
	var sum Report
	var err error
	gone := make(map[ID]bool)
	began := time.Now()
	for part := 0; part < mostParts && time.Since(began) < mostResumed; part++ {
		var one Report
		one, err = c.session(ctx, a, o)
		sum = sum.plus(one)
		if !o.dry {
			c.count(a, one)
		}
		if err != nil || !one.more || c.delayed(a) || slices.ContainsFunc(one.gone, func(id ID) bool { return gone[id] }) {
			break // the last: the server confirms deletions and keeps the messages
		}
		for _, id := range one.gone {
			gone[id] = true
		}
	}
	sum.gone = nil
	if ctx.Err() != nil {
		return sum, ctx.Err()
	}
	if !o.dry {
		c.note(ctx, a, sum, err)
	}
	return sum, err
}

// delayed reports whether the provider requires some time between two logins. What is left to
// delete waits for the next collection then.
func (c *Collector) delayed(a *Account) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state(a.Name).delay > 0
}

// count adds what a session has fetched to the octets of the day.
func (c *Collector) count(a *Account, r Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state(a.Name).octets += r.Octets
}

// plus adds the report of the next session of a collection, which lists what the last one left.
func (r Report) plus(next Report) Report {
	next.Listed = max(r.Listed, next.Listed)
	next.New += r.New
	next.Octets += r.Octets
	next.Known += r.Known
	next.Skipped += r.Skipped
	next.Waiting = max(next.Waiting, r.Waiting)
	next.Deleted += r.Deleted
	next.Took += r.Took
	return next
}

// session runs one session with the provider.
func (c *Collector) session(ctx context.Context, a *Account, o order) (r Report, err error) {
	mailbox, err := c.Open(ctx, a)
	if err != nil {
		return r, c.dated(err)
	}
	c.mu.Lock()
	s := c.state(a.Name)
	s.delay = mailbox.Delay()
	day, trusted := c.Clock.Today()
	if !trusted {
		day = s.day // a jump of the clock does not begin a new day
	}
	o.host, o.budget = c.Hostname, s.budget(a, day)
	s.again(time.Now())
	c.mu.Unlock()
	one := &collection{
		account: a, number: a.Number(), mailbox: mailbox, store: c.Store, clock: c.Clock,
		past: &s.past, log: c.Log,
		order: o, telling: telling{notices: c.Notices},
	}
	one.open = func(eras []uint64) (Session, error) { return c.Open(ctx, a, eras...) }
	defer func() {
		ended := one.mailbox.Wait()
		if err == nil && ended != nil {
			err = ended
		}
	}()
	if err := one.run(ctx); err != nil {
		return one.Report, c.dated(err)
	}
	return one.Report, one.mailbox.Close()
}

// dated returns an error that is about the date as what it means: with a clock that is not believed
// the account waits for it, and nothing is said about the provider.
func (c *Collector) dated(err error) error {
	e := session.As(err)
	if e.Kind != session.Expired {
		return err
	}
	if _, believed := c.Clock.Today(); believed {
		return &session.Error{Kind: session.Certificate, Text: e.Text}
	}
	return &session.Error{Kind: session.Network, Text: "waits for the clock of this machine to be set: " + e.Text}
}

// note logs a collection and decides when the next one is.
func (c *Collector) note(ctx context.Context, a *Account, r Report, err error) {
	c.mu.Lock()
	s := c.state(a.Name)
	asked := s.asks(a)
	s.after(a, time.Now(), err)
	if err == nil {
		s.last, s.report = time.Now(), r
	}
	asks, until, why := s.asks(a), s.next, s.why
	failures, failing := s.failures, time.Since(s.failing)
	c.mu.Unlock()
	c.Notices.After(ctx, a, asks, failing, err)
	fields := []zap.Field{zap.String("remote_account", a.Name), zap.String("user", a.Owner)}
	counts := []zap.Field{
		zap.Int("new", r.New), zap.Int64("octets", r.Octets), zap.Int("listed", r.Listed), zap.Int("deleted", r.Deleted), zap.Duration("took", r.Took),
	}
	switch {
	case asks && !asked:
		c.Log.Error("remote account needs a new login", append(fields, zap.String("error", why), zap.String("do", loginCommand+a.Name))...)
	case err != nil && (failures == 1 || r.New > 0):
		c.Log.Warn("remote account waits", append(append(fields, counts...), zap.String("error", why), zap.Time("until", until))...)
	case err != nil:
		c.Log.Debug("remote account waits", append(fields, zap.String("error", why), zap.Time("until", until))...)
	case r.New+r.Deleted+r.Known+r.Failed > 0:
		c.Log.Info("messages fetched", append(append(fields, counts...), zap.Int("recognized", r.Known), zap.Int("failed", r.Failed), zap.Int("too_large", r.TooLarge))...)
	default:
		c.Log.Debug("messages fetched", append(fields, counts...)...)
	}
}

const loginCommand = "pillarbox remote login "

// A Status is how an account is doing.
type Status struct {
	Name, Owner, Address, Server string
	Fetch                        string
	Last, Next                   time.Time
	Listed, Known                int    // messages at the provider, ids here
	Why                          string // what is wrong; "": nothing
	Asks                         bool   // a person has to act
}

// Status returns how the accounts are doing.
func (c *Collector) Status() (list []Status) {
	for _, a := range c.Accounts() {
		c.mu.Lock()
		s := c.state(a.Name)
		st := Status{
			Name: a.Name, Owner: a.Owner, Server: a.Incoming, Fetch: string(a.Fetch), Last: s.last, Next: s.next,
			Listed: max(0, s.report.Listed-s.report.Deleted), Why: s.why, Asks: s.asks(a),
		}
		c.mu.Unlock()
		if st.Asks {
			st.Why += ": " + loginCommand + a.Name
		}
		if len(a.Address) > 0 {
			st.Address = a.Address[0]
		}
		if a.Mailbox != 0 {
			st.Known = c.Store.Count(a.Number())
		}
		if a.Reason != "" {
			st.Why, st.Asks = a.Reason, true
		}
		list = append(list, st)
	}
	return list
}

// Describe returns a report in one line.
func (r Report) Describe(dry bool) string {
	verb := "fetched"
	if dry {
		verb = "would be fetched"
	}
	return fmt.Sprintf("%d of %d messages %s (%d octets), %d deleted at the provider", r.New, r.Listed, verb, r.Octets, r.Deleted)
}
