package outbound

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
)

// An Entry is one recipient of the queue, as commands show it.
type Entry struct {
	ID, Account, From, To string
	Octets                int64
	Received              time.Time // when it was queued
	Next                  time.Time // when it is tried; zero: it is held
	Tries                 int       // since the start
	Held                  bool
	Doubt                 bool   // it may have been sent
	Why                   string // the last reply, or what the account waits for
}

// List returns what waits, the oldest first.
func (q *Queue) List() ([]Entry, error) {
	if err := q.scan(); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.o.Hold.All()
	list := []Entry{}
	for _, p := range q.parcels {
		l := q.lane(p.account)
		for _, r := range p.to {
			if r.done {
				continue
			}
			e := Entry{
				ID: p.id, Account: p.account, From: p.from, To: r.head.To, Octets: p.octets, Received: p.received,
				Next: q.dueAt(p), Tries: p.tries, Held: p.held || all, Doubt: r.doubts > 0, Why: p.why,
			}
			if l.until.After(p.next) || e.Why == "" {
				e.Why = l.why
			}
			if e.Held {
				e.Next = time.Time{}
			}
			list = append(list, e)
		}
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := &list[i], &list[j]
		if c := a.Received.Compare(b.Received); c != 0 {
			return c < 0
		}
		return a.ID+a.To < b.ID+b.To
	})
	return list, nil
}

// Troubles returns what a person has to do so that mail leaves.
func (q *Queue) Troubles() (list []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.o.Hold.All() && len(q.parcels) > 0 {
		list = append(list, "outgoing mail is held: pillarbox queue list shows it, pillarbox queue release -all sends it")
	}
	for name, l := range q.lanes {
		switch {
		case l.asks != "":
			list = append(list, "nothing is sent through "+name+", because the provider refuses the login: pillarbox remote login "+name)
		case l.told:
			list = append(list, "the outgoing server of "+name+" has been out of reach for "+strconv.Itoa(int(time.Since(l.since).Hours()))+" hours")
		}
	}
	slices.Sort(list)
	return list
}

// Held reports whether everything is held.
func (q *Queue) Held() bool { return q.o.Hold.All() }

// A Selection says which messages a command is about: by ID, recipient or sender, or all of them.
type Selection struct {
	IDs      []string
	To, From string
	All      bool
}

// has reports whether a recipient is selected.
func (s *Selection) has(p *parcel, r *recipient) bool {
	switch {
	case s.All:
		return true
	case len(s.IDs) > 0:
		return slices.Contains(s.IDs, p.id)
	case s.To != "":
		return strings.EqualFold(s.To, r.head.To)
	case s.From != "":
		return strings.EqualFold(s.From, p.from)
	}
	return false
}

// An edit is what a command does to the queue. Queue.mu is held in its methods.
type edit struct{ q *Queue }

// selected returns the parcels with a selected recipient that waits.
func (e edit) selected(s *Selection) (list []*parcel) {
	for _, p := range e.q.parcels {
		if slices.ContainsFunc(p.waiting(), func(r *recipient) bool { return s.has(p, r) }) {
			list = append(list, p)
		}
	}
	return list
}

// A Verb is what a command does with messages.
type Verb string

// The verbs.
const (
	Retry   Verb = "retry"   // try now, whatever the account waits for
	Suspend Verb = "hold"    // do not send before release
	Release Verb = "release" // end a hold
	Bounce  Verb = "bounce"  // return to the sender
	Delete  Verb = "delete"  // remove without a report
)

// Do applies a verb, and returns for how many messages. A hold of all messages is for those to come
// as well; so is its release.
func (q *Queue) Do(ctx context.Context, verb Verb, s Selection) (n int, err error) {
	if err := q.scan(); err != nil {
		return 0, err
	}
	q.mu.Lock()
	e := edit{q}
	list := e.selected(&s)
	n = len(list)
	switch verb {
	case Retry:
		e.retry(list)
	case Suspend, Release:
		err = e.hold(list, verb == Suspend, s.All)
	case Bounce, Delete:
		n = e.remove(list, &s, verb == Bounce)
	default:
		err = fmt.Errorf("unknown verb %q", verb)
	}
	q.mu.Unlock()
	q.Wake()
	return n, err
}

// retry makes messages due, and clears the reasons why their accounts wait.
func (e edit) retry(list []*parcel) {
	for _, p := range list {
		p.next = time.Now()
		l := e.q.lane(p.account)
		l.until, l.asks, l.refused = time.Time{}, "", 0
	}
}

// hold holds or releases messages.
func (e edit) hold(list []*parcel, held, all bool) error {
	ids := e.q.o.Hold.held()
	for _, p := range list {
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == p.id })
		if held && !all {
			ids = append(ids, p.id)
		}
	}
	if all {
		ids = nil
	}
	// IDs of messages that are gone are dropped with the same write.
	ids = slices.DeleteFunc(ids, func(id string) bool {
		for _, p := range e.q.parcels {
			if p.id == id {
				return false
			}
		}
		return true
	})
	if err := e.q.o.Hold.set(all && held || !all && e.q.o.Hold.All(), ids); err != nil {
		return err
	}
	for _, p := range e.q.parcels {
		p.held = slices.Contains(ids, p.id)
	}
	return nil
}

// remove gives recipients up, with or without a report, and returns of how many messages. One that
// is being sent is left alone until its result is there.
func (e edit) remove(list []*parcel, s *Selection, report bool) (n int) {
	for _, p := range list {
		if p.sending {
			continue
		}
		for _, r := range p.waiting() {
			switch {
			case !s.has(p, r):
			case report:
				r.failed = &verdict{status: "5.7.0", reason: "The message was returned by the administrator of this server.", at: e.q.wall()}
			default:
				r.done = true
			}
		}
		p.settle = time.Now()
		n++
		e.q.log.Info("message removed from the queue by a command", zap.String("id", p.id), zap.Bool("report", report))
	}
	return n
}
