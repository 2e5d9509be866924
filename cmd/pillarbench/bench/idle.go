package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
)

// IdleOptions are the options of the idle benchmark.
type IdleOptions struct {
	server.Options
	Running server.Running // measured in place of that server if it has a process id
	Counts  []int          // numbers of sessions, ascending
	Runs    int            // of which the median is printed
	Burst   int            // sessions that are opened and ended
	Settle  time.Duration  // how long the server is left alone before its memory is read
	Kernel  string         // tls.kernel of the configuration, or ""
}

// An idleRun is a run of the idle benchmark.
type idleRun struct {
	IdleOptions
	server server.Server
	out    io.Writer
	notes  measure.Notes

	// message numbers in each account: for a burst, and for stalled downloads; 0 if there is none
	small, large int
}

// Idle prints a row for each state in which the server is at rest.
func Idle(o IdleOptions, out io.Writer) error {
	s := &idleRun{IdleOptions: o, out: out}
	if err := s.notes.Open("idle", o.Notes); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		return err
	}
	if s.server == &s.Running {
		return s.run()
	}
	return s.During(s.server, s.run)
}

// prepare makes the server or uses the one that runs already. Its memory limit admits all sessions.
func (s *idleRun) prepare() (err error) {
	if s.Running.PID != 0 {
		s.Name, s.server = "process "+strconv.Itoa(s.Running.PID), &s.Running
		return s.Running.Start()
	}
	if s.server, err = s.Open("512MiB", idleAccounts); err != nil {
		return err
	}
	ours, ok := s.server.(*server.Pillarbox)
	if !ok {
		return nil
	}
	if err := ours.OfferTLS("16MiB"); err != nil {
		return err
	}
	if s.Kernel != "" {
		if err := ours.Reconfigure("[web]", fmt.Sprintf("[tls]\nkernel = %q\n\n[web]", s.Kernel)); err != nil {
			return err
		}
	}
	return ours.AllowSessions(max(s.Counts[len(s.Counts)-1], idleStalled+idleMoreStalled))
}

// login returns the account and password of the i-th session.
func (s *idleRun) login(i int) (name, secret string) {
	if s.server == &s.Running {
		return s.Running.User, s.Running.Password
	}
	return client.Mailbox(i % idleAccounts), client.Password
}

func (s *idleRun) run() error {
	if err := s.prepareMailboxes(); err != nil {
		return err
	}
	measure.Heading(s.out, []string{"server", "sessions", "at rest after"}, restColumns)
	var failed error
	for _, how := range []client.Sessions{
		{Name: "plain", Address: s.server.Maildrop(), Login: s.login},
		{Name: "TLS", Address: s.server.MaildropTLS(), Secure: true, Login: s.login},
	} {
		if how.Address == "" {
			continue
		}
		runs := make([][]restMemory, s.Runs)
		for i := range runs {
			var err error
			if runs[i], err = s.measure(how); err != nil {
				return fmt.Errorf("%s: %w", how.Name, err)
			}
		}
		failed = errors.Join(failed, s.report(how, runs))
	}
	return failed
}

// report prints the rows of one kind of sessions, and compares those of pillarbox with the limits.
func (s *idleRun) report(how client.Sessions, runs [][]restMemory) (failed error) {
	for i, state := range s.states() {
		of := make([]restMemory, len(runs))
		for k := range runs {
			of[k] = runs[k][i]
		}
		measure.Row(s.out, []string{s.Name, how.Name, state}, restColumns, of)
		measure.AddRow(&s.notes, how.Name+", "+state, s.Name, restColumns, of)
		if s.Name == server.Own {
			failed = errors.Join(failed, exceeded(how, state, of, s.Kernel == "on"))
		}
	}
	return failed
}

// states returns the names of the measured states in order.
func (s *idleRun) states() []string {
	names := []string{stateStart}
	for _, n := range s.Counts {
		names = append(names, stateCrowd(n))
	}
	names = append(names, stateBurst(s.Burst))
	if s.large != 0 {
		names = append(names, stateStalled, stateMoreStalled, stateAllStalled)
	}
	return names
}

// measure is one run. It restarts the server before the growing number of sessions and before the
// burst.
func (s *idleRun) measure(by client.Sessions) (rests []restMemory, err error) {
	if err := s.restart(); err != nil {
		return nil, err
	}
	fresh, err := s.atRest()
	if err != nil {
		return nil, err
	}
	rests = append(rests, restMemory{memory: fresh})
	present := client.Crowd{Sessions: by}
	defer present.Close()
	for _, n := range s.Counts {
		if err := present.Grow(n); err != nil {
			return nil, fmt.Errorf("%d sessions: %w", n, err)
		}
		memory, err := s.atRest()
		if err != nil {
			return nil, err
		}
		rests = append(rests, restMemory{memory, fresh, n})
	}
	present.Close()
	if err := s.restart(); err != nil {
		return nil, err
	}
	// The server remembers the password of each account then. On a slow processor a login of the
	// burst would wait too long for its turn to derive one.
	if err := by.Burst(idleAccounts, 1, 0); err != nil {
		return nil, fmt.Errorf("the first logins: %w", err)
	}
	if err := by.Burst(s.Burst, idleWidth, s.small); err != nil {
		return nil, fmt.Errorf("the burst: %w", err)
	}
	after, err := s.atRest()
	rests = append(rests, restMemory{memory: after})
	if err != nil || s.large == 0 {
		return rests, err
	}
	none := after
	for _, more := range []int{idleStalled, idleMoreStalled} {
		memory, err := s.stalled(&present, more)
		if err != nil {
			return nil, fmt.Errorf("stalled downloads: %w", err)
		}
		rests = append(rests, restMemory{memory, after, more})
		after = memory
	}
	return append(rests, restMemory{after, none, idleStalled + idleMoreStalled}), nil
}

// stalled returns the memory of the server after it has got so many stalled downloads more.
func (s *idleRun) stalled(present *client.Crowd, more int) (int64, error) {
	if err := present.Grow(len(present.Conns) + more); err != nil {
		return 0, err
	}
	if err := present.Stall(s.large); err != nil {
		return 0, err
	}
	time.Sleep(s.Settle) // what they leave is returned when a session comes and goes
	if err := present.Burst(1, 1, 0); err != nil {
		return 0, err
	}
	return s.atRest()
}

// atRest returns the memory of the server after it was left alone.
func (s *idleRun) atRest() (int64, error) {
	time.Sleep(s.Settle)
	return measure.FamilyAnonymous(s.server.Process())
}

// restart restarts the server, except one that ran already.
func (s *idleRun) restart() error {
	if err := s.server.Stop(); err != nil {
		return err
	}
	return s.server.Start()
}

// prepareMailboxes delivers a small and a large message to each account, except on a server that
// ran already, and finds their numbers.
func (s *idleRun) prepareMailboxes() error {
	if s.server != &s.Running {
		if err := s.fill(); err != nil {
			return err
		}
	}
	user, secret := s.login(0)
	r, err := client.DialPOP3(s.server.Maildrop(), user, secret)
	if err != nil {
		return err
	}
	defer r.Close()
	listed, err := r.Multiline("LIST")
	if err != nil {
		return err
	}
	s.small, s.large, err = chooseMessages(listed)
	return err
}

// fill delivers both messages to each account.
func (s *idleRun) fill() error {
	to, err := s.server.Connect()
	if err != nil {
		return err
	}
	defer to.Close()
	for i := range idleAccounts {
		for n, octets := range []int{idleSmall, idleLarge + idleSmall} {
			if err := to.Deliver(client.Message{Number: uint64(n + 1), Octets: octets}, client.Mailbox(i)+"@home.arpa"); err != nil {
				return err
			}
		}
	}
	return s.server.Drain()
}

// chooseMessages returns the smallest message and the largest of at least idleLarge octets in the
// reply to LIST, or 0 if there is none.
func chooseMessages(listed []byte) (small, large int, err error) {
	least, most := math.MaxInt, idleLarge-1
	for line := range bytes.Lines(listed) {
		var n, octets int
		if _, err := fmt.Sscanf(string(line), "%d %d\r\n", &n, &octets); err != nil {
			return 0, 0, fmt.Errorf("pop3: LIST line %q", line)
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
