package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"
)

const (
	// idleAccounts share all sessions: who logs in first into each costs a derivation, and many would cost minutes.
	idleAccounts = 10
	// idleSettle is how long after the last thing that happened the memory is read.
	idleSettle = 5 * time.Second
	// idleBurst is how many sessions come and go, and idleWidth how many of them at a time.
	idleBurst, idleWidth = 4000, 16
	// idleStalled downloads are asked for and not read.
	idleStalled = 100
	// idleSmall is what the sessions of a burst fetch, in octets, and idleLarge what stalls.
	idleSmall, idleLarge = 4096, 8 << 20
)

// An idling is one call of the idle benchmark.
type idling struct {
	bench
	given  given
	server server
	counts []int // of sessions, ascending
	runs   int
	out    io.Writer

	small, large int // messages of each account: what a burst fetches, and what stalls; 0: there is none
}

// A rest is what a server keeps in memory for so many who do nothing.
type rest struct {
	memory int64 // octets that only the server has
	before int64 // the same without them
	many   int   // 0: nobody is there
}

// total is all of it, in KiB.
func (r rest) total() float64 { return float64(r.memory) / 1024 }

// each is what one of the many takes, in KiB; NaN: there are none.
func (r rest) each() float64 {
	if r.many == 0 {
		return math.NaN()
	}
	return float64(r.memory-r.before) / float64(r.many) / 1024
}

// restColumns is the table.
var restColumns = []column[rest]{
	{"private KiB", "%.0f", rest.total},
	{"KiB each", "%.1f", rest.each},
}

// idle is the subcommand. It prints a row for each thing that a server can rest from.
func idle(args []string, out io.Writer) error {
	s := &idling{out: out}
	flags := flag.NewFlagSet("pillarbench idle", flag.ContinueOnError)
	s.bench.flags(flags)
	s.given.flags(flags)
	counts := flags.String("sessions", "100,500,1000,2000", "sessions at a time, ascending; rows of the table")
	flags.IntVar(&s.runs, "runs", 3, "runs, of which the median is printed")
	if err := parse(flags, args); err != nil {
		return err
	}
	var err error
	if s.counts, err = parseCounts("-sessions", *counts, 1); err != nil {
		return err
	}
	if err := s.prepare(flags); err != nil {
		return err
	}
	if s.server == &s.given {
		return s.run()
	}
	return s.running(s.server, s.run)
}

// prepare makes the server known, or makes it. A box has memory for all that come.
func (s *idling) prepare(flags *flag.FlagSet) (err error) {
	if s.given.pid != 0 {
		s.name, s.server = "process "+strconv.Itoa(s.given.pid), &s.given
		return s.given.start()
	}
	if s.server, err = s.open(flags, "512MiB", idleAccounts); err != nil {
		return err
	}
	ours, ok := s.server.(*box)
	if !ok {
		return nil
	}
	if err := ours.offerTLS("16MiB"); err != nil {
		return err
	}
	return ours.bear(s.counts[len(s.counts)-1])
}

// bear gives the box memory for so many sessions and a few more, of which it takes 256 KiB each into account.
func (b *box) bear(sessions int) error {
	file, err := os.OpenFile(b.config(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "\n[service]\nmemory = \"%dMiB\"\n", max(sessions/4+16, 64))
	return errors.Join(err, file.Close())
}

// login returns the name and password of the i-th session.
func (s *idling) login(i int) (name, secret string) {
	if s.server == &s.given {
		return s.given.user, s.given.password
	}
	return mailbox(i % idleAccounts), password
}

func (s *idling) run() error {
	if err := s.furnish(); err != nil {
		return err
	}
	heading(s.out, []string{"server", "sessions", "at rest after"}, restColumns)
	var failed error
	for _, how := range []visitors{
		{name: "plain", address: s.server.maildrop(), login: s.login},
		{name: "TLS", address: entrant{server: s.server}.secured(), secure: true, login: s.login},
	} {
		if how.address == "" {
			continue
		}
		runs := make([][]rest, s.runs)
		for i := range runs {
			var err error
			if runs[i], err = s.measure(how); err != nil {
				return fmt.Errorf("%s: %w", how.name, err)
			}
		}
		failed = errors.Join(failed, s.report(how, runs))
	}
	return failed
}

// report prints the rows of one kind of sessions, and for the box whether it keeps what is promised of it.
func (s *idling) report(how visitors, runs [][]rest) (failed error) {
	for i, state := range s.states() {
		of := make([]rest, len(runs))
		for k := range runs {
			of[k] = runs[k][i]
		}
		row(s.out, []string{s.name, how.name, state}, restColumns, of)
		if s.name == ourselves {
			failed = errors.Join(failed, exceeded(how, state, of))
		}
	}
	return failed
}

// What is measured beside crowds of sessions.
const stateStart = "a start"

var (
	stateBurst   = fmt.Sprintf("%d that came and went", idleBurst)
	stateStalled = fmt.Sprintf("%d that read nothing of 8 MiB", idleStalled)
)

// stateCrowd names so many sessions that have logged in.
func stateCrowd(sessions int) string { return fmt.Sprintf("%d logins", sessions) }

// states names what is measured, in its order.
func (s *idling) states() []string {
	names := []string{stateStart}
	for _, n := range s.counts {
		names = append(names, stateCrowd(n))
	}
	names = append(names, stateBurst)
	if s.large != 0 {
		names = append(names, stateStalled)
	}
	return names
}

// measure is one run. The server is started anew before the crowds, which grow, and before the burst.
func (s *idling) measure(by visitors) (rests []rest, err error) {
	if err := s.restart(); err != nil {
		return nil, err
	}
	fresh, err := s.atRest()
	if err != nil {
		return nil, err
	}
	rests = append(rests, rest{memory: fresh})
	present := company{visitors: by}
	defer present.leave()
	for _, n := range s.counts {
		if err := present.grow(n); err != nil {
			return nil, fmt.Errorf("%d sessions: %w", n, err)
		}
		memory, err := s.atRest()
		if err != nil {
			return nil, err
		}
		rests = append(rests, rest{memory, fresh, n})
	}
	present.leave()
	if err := s.restart(); err != nil {
		return nil, err
	}
	if err := by.burst(idleBurst, idleWidth, s.small); err != nil {
		return nil, fmt.Errorf("the burst: %w", err)
	}
	after, err := s.atRest()
	rests = append(rests, rest{memory: after})
	if err != nil || s.large == 0 {
		return rests, err
	}
	if err = present.grow(idleStalled); err == nil {
		err = present.ask(s.large)
	}
	if err != nil {
		return nil, fmt.Errorf("stalled downloads: %w", err)
	}
	memory, err := s.atRest()
	return append(rests, rest{memory, after, idleStalled}), err
}

// atRest returns the memory of a server that was left alone for a while.
func (s *idling) atRest() (int64, error) {
	time.Sleep(idleSettle)
	return familyAnonymous(s.server.process())
}

// restart starts the server anew; one that was given goes on.
func (s *idling) restart() error {
	if err := s.server.stop(); err != nil {
		return err
	}
	return s.server.start()
}

// furnish sees to a small and a large mail in each account. Those of a server that was given are as they are.
func (s *idling) furnish() error {
	if s.server != &s.given {
		if err := s.fill(); err != nil {
			return err
		}
	}
	user, secret := s.login(0)
	r, err := dialPOP3(s.server.maildrop(), user, secret)
	if err != nil {
		return err
	}
	defer r.close()
	listed, err := r.multiline("LIST")
	if err != nil {
		return err
	}
	s.small, s.large, err = choose(listed)
	return err
}

// fill delivers both mails to each account.
func (s *idling) fill() error {
	to, err := s.server.connect()
	if err != nil {
		return err
	}
	defer to.close()
	for i := range idleAccounts {
		for n, octets := range []int{idleSmall, idleLarge + idleSmall} {
			if err := to.deliver(letter{uint64(n + 1), octets}, mailbox(i)+"@home.arpa"); err != nil {
				return err
			}
		}
	}
	return s.server.settle()
}

// choose finds the smallest mail and one of at least idleLarge octets in the reply to LIST; 0: there is none.
func choose(listed []byte) (small, large int, err error) {
	least, most := math.MaxInt, idleLarge-1
	for line := range bytes.Lines(listed) {
		var n, octets int
		if _, err := fmt.Sscanf(string(line), "%d %d\r\n", &n, &octets); err != nil {
			return 0, 0, fmt.Errorf("pop3: LIST says %q", line)
		}
		if octets < least {
			small, least = n, octets
		}
		if octets > most {
			large, most = n, octets
		}
	}
	return small, large, nil
}
