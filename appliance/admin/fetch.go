package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"pillarbox/appliance/remote"
	provider "pillarbox/appliance/remote/session"
)

// errNoCollector is the answer of a command that has opened the spool itself.
var errNoCollector = errors.New("the server does not run; start it, because it alone fetches mail from providers")

// dryWord has nothing fetched.
const dryWord = "dry"

// fetch collects one remote account now.
func (s *session) fetch(ctx context.Context, words []string) error {
	if len(words) < 1 || len(words) > 2 || len(words) == 2 && words[1] != dryWord {
		return errProtocol
	}
	if s.Collector == nil {
		return errNoCollector
	}
	account, ok := s.RemoteAccount(words[0])
	if !ok {
		return fmt.Errorf("%q is no remote account; pillarbox remote list shows them", words[0])
	}
	report, err := s.Collector.Collect(ctx, account, len(words) == 2)
	for _, v := range counts(&report) {
		s.talk.add("value", v.name, *v.number)
	}
	s.talk.add("value", "octets", report.Octets)
	var e *provider.Error
	if errors.As(err, &e) && (e.Kind == provider.Network || e.Kind == provider.Busy || e.Kind == provider.Full) {
		return lost(s.talk.send("waits", short(e.Text)))
	}
	if err != nil {
		return err
	}
	return lost(s.talk.send("done"))
}

type count struct {
	name   string
	number *int
}

// counts are the counts of a report by their names.
func counts(r *remote.Report) []count {
	return []count{
		{"listed", &r.Listed}, {"new", &r.New}, {"recognized", &r.Known}, {"skipped", &r.Skipped},
		{"too_large", &r.TooLarge}, {"failed", &r.Failed}, {"deleted", &r.Deleted},
	}
}

// remotes lists the remote accounts.
func (s *session) remotes(words []string) error {
	if len(words) > 0 {
		return errProtocol
	}
	if s.Collector == nil {
		return errNoCollector
	}
	for _, st := range s.Collector.Status() {
		s.talk.add("remote", st.Name, st.Owner, st.Address, st.Server, st.Fetch, seconds(st.Last), seconds(st.Next))
		does := "waits"
		if st.Asks {
			does = "asks"
		}
		s.talk.add("state", st.Listed, st.Known, does, short(st.Why))
	}
	return lost(s.talk.send("done"))
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// A TryAgain is why a collection waits for the provider or the network.
type TryAgain struct{ Text string }

func (t *TryAgain) Error() string { return t.Text }

// Fetch has a remote account collected now. The error is a *TryAgain if it may go later.
func (c *Client) Fetch(name string, dry bool) (r remote.Report, err error) {
	request := []any{"fetch", name}
	if dry {
		request = append(request, dryWord)
	}
	if err := c.talk.send(request...); err != nil {
		return r, err
	}
	for {
		verb, words, err := c.read()
		switch {
		case err != nil:
			return r, err
		case verb == "done":
			return r, nil
		case verb == "waits" && len(words) == 1:
			return r, &TryAgain{words[0]}
		case verb != "value" || len(words) != 2:
			return r, errProtocol
		}
		n, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			return r, errProtocol
		}
		if words[0] == "octets" {
			r.Octets = n
		}
		for _, v := range counts(&r) {
			if v.name == words[0] {
				*v.number = int(n)
			}
		}
	}
}

// Remotes asks how the remote accounts are doing.
func (c *Client) Remotes() (list []remote.Status, err error) {
	if err := c.talk.send("remotes"); err != nil {
		return nil, err
	}
	for {
		verb, words, err := c.read()
		switch {
		case err != nil:
			return nil, err
		case verb == "done":
			return list, nil
		case verb == "remote" && len(words) == 7:
			times, err := parseNumbers(words[5:], 2)
			if err != nil {
				return nil, err
			}
			list = append(list, remote.Status{Name: words[0], Owner: words[1], Address: words[2], Server: words[3], Fetch: words[4], Last: fromSeconds(times[0]), Next: fromSeconds(times[1])})
		case verb == "state" && len(words) == 4 && len(list) > 0:
			both, err := parseNumbers(words[:2], 2)
			if err != nil {
				return nil, err
			}
			last := &list[len(list)-1]
			last.Listed, last.Known, last.Asks, last.Why = int(both[0]), int(both[1]), words[2] == "asks", words[3]
		default:
			return nil, errProtocol
		}
	}
}

func fromSeconds(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0)
}
