package hostile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pillarbox/cmd/pillarbench/siege"
)

// A scene is an attack during which a known client must be served.
type scene struct {
	name     string
	attack   string        // name in siege.Attacks
	distance time.Duration // network delay of the known client
	octets   int           // size of its messages; 0 is usualOctets
	restart  bool          // restart the server after the known client has logged in
	newcomer bool          // the owner also logs in from a new address
	most     int64         // octets by which private memory may grow during the attack; 0 is any
	left     int64         // octets of private memory that there may be after it; 0 is any
}

// scenes are all scenes except the crowd and the floods.
var scenes = [...]scene{
	{name: "guesses", attack: "guesses", newcomer: true},
	{name: "restarted", attack: "guesses", restart: true, left: restartedMemory},
	{name: "silent", attack: "silent"},
	// Without the delay a handshake on loopback ends before others can push it out.
	{name: "handshakes", attack: "handshakes", distance: 40 * time.Millisecond},
	{name: "local", attack: "local"},
	{name: "unfinished", attack: "unfinished", octets: 256 << 10},
	{name: "page", attack: "page", most: pageMemory},
}

const (
	// mostJudged is how many guesses may be judged in a scene: a few from each address, at most a
	// fifth of the 10,000 that an account allows in a day.
	mostJudged = 2000
	// mostJudgedLater is how many in the last third, when that burst is spent: 10,000 a day are
	// 0.4 in 3.3 s.
	mostJudgedLater = 10
	// newcomerPatience is how long the owner may need to log in from a new address during the
	// attack.
	newcomerPatience = time.Minute
	// restartedMemory is the 2 MiB that an attack may leave, and what a server took that was just
	// started when this was measured first. It takes less now, but not after an attack.
	restartedMemory = 4160 << 10
	// quiet is how long a server rests before its resources are read.
	quiet = 3 * time.Second
)

// scene runs one attack.
func (h *run) scene(s scene, folder string) error {
	if err := h.prepareScene(s, folder); err != nil {
		return err
	}
	baseline, err := h.baseline()
	if err != nil {
		return err
	}
	before, err := h.serveAlone()
	if err != nil {
		return err
	}
	alone := h.known.slowest
	if s.restart {
		if err := errors.Join(h.server.Stop(), h.server.Start()); err != nil {
			return err
		}
	}

	f := h.serveDuringAttack(s)
	if s.attack == "page" {
		f.verdict = errors.Join(f.verdict, h.pageAnswers())
	}
	after, healed := h.awaitRelease(before, s.left)
	left, err := h.goroutines()
	if err != nil {
		return err
	}
	fmt.Fprintf(h.out, "%-14s known client: %d visits, %d not served; worst answer %v (to %s), alone %v\n", s.name, f.visits, len(f.failures),
		f.worst.Round(time.Millisecond), f.worstTo, alone.Round(time.Millisecond))
	fmt.Fprintf(h.out, "%14s %s\n", "", f.attackers)
	fmt.Fprintf(h.out, "%14s private memory %d KiB before, at most %d, %d %v after; descriptors %d, %d; threads at most %d; goroutines %d, %d\n", "",
		before.memory>>10, f.most.memory>>10, after.memory>>10, healed.Round(time.Second), before.descriptors, after.descriptors, f.most.threads, baseline, left)
	h.note(s.name, f.worst, before, after)
	if left > baseline {
		f.verdict = errors.Join(f.verdict, fmt.Errorf("%d goroutines are left; the log has them", left-baseline))
	}
	return errors.Join(h.judgeKnownClient(f), f.verdict, s.judgeMost(before, f.most), h.judgeRelease(before, after, s.left))
}

// prepareScene writes the configuration and sets what the known client does in a scene.
func (h *run) prepareScene(s scene, folder string) error {
	if err := h.prepare(folder, "64MiB"); err != nil {
		return err
	}
	if s.attack == "page" {
		if err := h.offerPage(); err != nil {
			return err
		}
	}
	h.known.distance = s.distance
	if s.octets != 0 {
		h.known.octets = s.octets
	}
	return nil
}

// serveAlone lets the known client come before the attack, and returns the resources of the server
// after that. In each scene this is a server that has served the known client, for a new one has
// not yet what stays for good after the first collection of the Go runtime.
func (h *run) serveAlone() (resources, error) {
	h.known.forget()
	for n := range baseFetches {
		if err := errors.Join(h.visit(n)...); err != nil {
			return resources{}, fmt.Errorf("before the attack: %w", err)
		}
	}
	time.Sleep(quiet)
	return resourcesOf(h.server)
}

// judgeMost returns an error if the private memory exceeded the limit of the scene during the
// attack.
func (s scene) judgeMost(before, most resources) error {
	if grown := most.memory - before.memory; s.most > 0 && grown > s.most {
		return fmt.Errorf("private memory grew by %d KiB during the attack, the limit is %d", grown>>10, s.most>>10)
	}
	return nil
}

// baseline starts the server, delivers a message as the known client, and returns the number of
// goroutines after that. It restarts the server, because counting goroutines ends it.
func (h *run) baseline() (goroutines int, err error) {
	if err := h.server.Start(); err != nil {
		return 0, err
	}
	if _, err := h.known.send(); err != nil {
		return 0, err
	}
	if goroutines, err = h.goroutines(); err != nil {
		return 0, err
	}
	return goroutines, h.server.Start()
}

// judgeKnownClient returns an error if the known client was not served, or too late.
func (h *run) judgeKnownClient(f figures) error {
	var errs []error
	if len(f.failures) > 0 {
		errs = append(errs, fmt.Errorf("the known client was not served %d times, first: %w", len(f.failures), f.failures[0]))
	}
	if h.Within > 0 && f.worst > h.Within {
		errs = append(errs, fmt.Errorf("the known client waited %v for the answer to %s, the limit is %v", f.worst.Round(time.Millisecond), f.worstTo, h.Within))
	}
	return errors.Join(errs...)
}

// figures are the results of an attack.
type figures struct {
	visits    int
	failures  []error
	worst     time.Duration
	worstTo   string
	attackers string    // line of the report
	most      resources // maximum during the attack
	verdict   error     // of guesses and of the login from a new address
}

// serveDuringAttack lets the known client poll and deliver during the attack.
func (h *run) serveDuringAttack(s scene) (f figures) {
	var counts siege.Counts
	endAttack := h.beginAttack(s, &counts)
	defer endAttack()
	newcomer := make(chan struct{})
	var entered time.Duration
	var shutOut error
	go func() {
		defer close(newcomer)
		if s.newcomer {
			entered, shutOut = h.loginFromNewAddress()
		}
	}()

	// The attack begins before the known client comes, except after a restart: then both come at
	// once.
	if !s.restart {
		time.Sleep(time.Second)
	}
	h.known.forget()
	began := time.Now()
	var early int64 // guesses judged in the first two thirds
	for n := 0; ; n++ {
		f.visits++
		f.failures = append(f.failures, h.visit(n)...)
		if now, err := resourcesOf(h.server); err == nil {
			f.most.memory, f.most.threads = max(f.most.memory, now.memory), max(f.most.threads, now.threads)
		}
		if time.Since(began) < h.Lasts*2/3 {
			early = counts.Judged.Load()
		}
		if time.Since(began) > h.Lasts && closed(newcomer) {
			break
		}
		time.Sleep(pollPause)
	}
	took := time.Since(began)
	f.worst, f.worstTo = h.known.slowest, h.known.slowestTo
	f.attackers = fmt.Sprintf("attackers: %d connections in %v, %d refused", counts.Connections.Load(), took.Round(time.Second), counts.Refused.Load())
	if s.attack == "guesses" {
		f.judgeGuesses(&counts, early, took)
	}
	if counts.Connections.Load() == counts.Refused.Load() {
		f.verdict = errors.Join(f.verdict, errors.New("no attacker could connect"))
	}
	if s.newcomer {
		f.attackers += fmt.Sprintf("; the owner logged in from a new address after %v", entered.Round(time.Millisecond))
		f.verdict = errors.Join(f.verdict, shutOut)
	}
	return f
}

// beginAttack starts the attack of a scene. end ends it and returns when all its clients are gone.
func (h *run) beginAttack(s scene, counts *siege.Counts) (end func()) {
	attack := siege.Attacks[slices.IndexFunc(siege.Attacks, func(a siege.Attack) bool { return a.Name == s.attack })]
	target := siege.Target{
		POP3: h.known.pop3, POP3S: h.known.pop3s, SMTP: h.known.smtp, LMTP: h.socket(),
		Page: nearby(h.server.Page), PageTLS: nearby(h.server.PageTLS), Account: goodUser,
	}
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan struct{})
	go func() {
		attack.Play(ctx, target, counts)
		close(gone)
	}()
	return func() {
		cancel()
		<-gone
	}
}

// judgeGuesses reports how many guesses were judged, and whether these were too many. early is the
// number of those in the first two thirds of the attack.
func (f *figures) judgeGuesses(counts *siege.Counts, early int64, took time.Duration) {
	judged := counts.Judged.Load()
	f.attackers += fmt.Sprintf("; %d guesses, %d judged (%.1f a second), %d of them in the last third",
		counts.Attempts.Load(), judged, float64(judged)/took.Seconds(), judged-early)
	if judged > mostJudged || judged-early > mostJudgedLater {
		f.verdict = fmt.Errorf("%d guesses were judged, %d of them in the last third; the limits are %d and %d",
			judged, judged-early, mostJudged, mostJudgedLater)
	}
}

// visit polls and delivers once as the known client.
func (h *run) visit(n int) (failures []error) {
	if _, err := h.known.poll(n); err != nil {
		failures = append(failures, fmt.Errorf("poll: %w", err))
	}
	if _, err := h.known.send(); err != nil {
		failures = append(failures, fmt.Errorf("message: %w", err))
	}
	return failures
}

// loginFromNewAddress logs in as the owner from an unknown address, and tries again until it
// succeeds.
func (h *run) loginFromNewAddress() (took time.Duration, err error) {
	newcomer := &knownClient{pop3: h.known.pop3, from: siege.Address(2), patience: h.Patience}
	began := time.Now()
	for n := 0; ; n += 2 { // without TLS
		_, err = newcomer.poll(n)
		took = time.Since(began)
		if err == nil && took <= newcomerPatience {
			return took, nil
		}
		if took > newcomerPatience {
			return took, fmt.Errorf("the owner did not log in from a new address within %v; the last error: %v", newcomerPatience, err)
		}
		time.Sleep(time.Second)
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
