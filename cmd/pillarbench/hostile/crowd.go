package hostile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/siege"
)

const (
	// crowdFetches is how often the known client polls before the crowd comes: until the Go runtime
	// has collected garbage, the first time of which makes a server 400 to 900 KiB larger for good.
	// So what the crowd leaves is compared with a server in use, and not with one just started.
	crowdFetches = 30
	// crowdLeft is how many octets of private memory the server may have after it, whatever it had.
	crowdLeft = 5 << 20
)

// crowd is the scene with hostile clients of all kinds at once.
func (h *run) crowd() error {
	baseline, err := h.goroutines() // of a server that has served one client; ends the server
	if err != nil {
		return err
	}
	if err := h.server.Start(); err != nil {
		return err
	}
	before, alone, err := h.pollAlone()
	if err != nil {
		return err
	}

	s := siege.NewCrowd(h.server.POP3, h.server.POP3S, hoardUser, client.Password)
	began := time.Now()
	stormed := make(chan struct{})
	go func() {
		s.Run(h.Part)
		close(stormed)
	}()
	h.known.forget()
	answers, failures := h.serveDuringCrowd(stormed)
	s.Report(h.out)
	fmt.Fprintf(h.out, "all within %v\n", time.Since(began).Round(time.Second))
	s.End()

	after, healed := h.awaitRelease(before, crowdLeft)
	running, err := h.goroutines()
	if err != nil {
		return err
	}
	fmt.Fprintf(h.out, "known client   %d fetches, %d not served; worst answer %v (to %s), median %v; alone %v (target %v)\n", len(answers)+len(failures), len(failures),
		slices.Max(answers).Round(time.Millisecond), h.known.slowestTo, answers[len(answers)/2].Round(time.Millisecond), alone.Round(time.Millisecond), WorstAnswer)
	fmt.Fprintf(h.out, "private memory %d KiB before, %d KiB %v after\n", before.memory>>10, after.memory>>10, healed.Round(time.Second))
	fmt.Fprintf(h.out, "descriptors    %d before, %d after; threads %d, %d\n", before.descriptors, after.descriptors, before.threads, after.threads)
	fmt.Fprintf(h.out, "goroutines     %d in a fresh server, %d after\n", baseline, running)
	h.note("crowd", slices.Max(answers), before, after)
	if err := errors.Join(h.judgeRelease(before, after, crowdLeft), errors.Join(failures...)); err != nil {
		return err
	}
	if running > baseline {
		return fmt.Errorf("%d goroutines are left; the log has them", running-baseline)
	}
	return nil
}

// pollAlone lets the known client poll before the crowd comes, and returns the resources of the
// server after that, and the slowest reply.
func (h *run) pollAlone() (before resources, slowest time.Duration, err error) {
	for n := range crowdFetches {
		worst, err := h.known.poll(n)
		if err != nil {
			return before, 0, fmt.Errorf("before the attack: %w", err)
		}
		slowest = max(slowest, worst)
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(5 * time.Second) // until the memory of the known client's sessions is released
	before, err = resourcesOf(h.server)
	return before, slowest, err
}

// serveDuringCrowd polls every second until all hostile clients have come.
func (h *run) serveDuringCrowd(stormed <-chan struct{}) (answers []time.Duration, failures []error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		worst, err := h.known.poll(n)
		if err != nil {
			failures = append(failures, fmt.Errorf("the known client was not served: %w", err))
		}
		answers = append(answers, worst)
		select {
		case <-stormed:
			slices.Sort(answers)
			return answers, failures
		case <-tick.C:
		}
	}
}

// prepareCrowd makes a server with TLS and delivers a message to both mailboxes.
func (h *run) prepareCrowd(folder string) (err error) {
	if h.server, err = server.NewPillarbox(h.Binary, folder, "64MiB", goodUser, hoardUser); err != nil {
		return err
	}
	if err := h.server.OfferTLS("16MiB"); err != nil {
		return err
	}
	h.known = &knownClient{pop3: h.server.POP3, pop3s: h.server.POP3S, smtp: h.server.SMTP, patience: h.Patience}
	if err := h.server.Start(); err != nil {
		return err
	}
	s, err := client.DialSMTP(h.server.SMTP)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Deliver(client.Message{Number: 1, Octets: 4096}, goodUser+"@home.arpa"); err != nil {
		return err
	}
	return s.Deliver(client.Message{Number: 2, Octets: siege.HoardOctets}, hoardUser+"@home.arpa")
}
