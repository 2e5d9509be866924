package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// What the box may keep of a siege.
const (
	keepMemory      = 2 << 20
	keepDescriptors = 4
	// worstAnswer is what the good client should wait at most. It is printed, and fails nothing.
	worstAnswer = 250 * time.Millisecond
	// healing is how long the box may take to be as it was.
	healing = 30 * time.Second
	// baseFetches is how often the good client fetches before the siege.
	baseFetches = 10
)

// A hostility is one hostile run.
type hostility struct {
	box        *box
	part       int
	keepMemory int64 // KiB of private memory that may stay
	out        io.Writer

	slowest   time.Duration // answer so far
	slowestTo string        // what it answered
}

// A standing is what a process has.
type standing struct {
	memory               int64 // octets that only it has
	descriptors, threads int
}

// hostile is the subcommand.
func hostile(args []string, out io.Writer) error {
	h := &hostility{out: out}
	flags := flag.NewFlagSet("pillarbench hostile", flag.ContinueOnError)
	binary := flags.String("box", "", "the pillarbox `binary`")
	flags.Int64Var(&h.keepMemory, "grown", keepMemory>>10, "how many `KiB` of private memory it may keep")
	flags.IntVar(&h.part, "part", 1, "one in so many of the hostile clients comes")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *binary == "" || h.part < 1 {
		fmt.Fprintln(flags.Output(), "pillarbench hostile: -box is needed, and -part is 1 or more")
		return errUsage
	}
	folder, err := os.MkdirTemp("", "pillarbench-hostile-")
	if err != nil {
		return err
	}
	if err = h.prepare(*binary, folder); err == nil {
		err = h.run()
	}
	if h.box != nil && h.box.command != nil {
		h.box.kill()
	}
	if err != nil {
		return fmt.Errorf("%w (state and log stay in %s)", err, folder)
	}
	return os.RemoveAll(folder)
}

// goodUser has a small mail; hoardUser a large one.
const goodUser, hoardUser = "anna", "otto"

// prepare makes a box with TLS and a mail for each.
func (h *hostility) prepare(binary, folder string) (err error) {
	if h.box, err = newBox(binary, folder, "64MiB", goodUser, hoardUser); err != nil {
		return err
	}
	if err := h.box.offerTLS("16MiB"); err != nil {
		return err
	}
	if err := h.box.start(); err != nil {
		return err
	}
	s, err := dialSMTP(h.box.smtp)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.deliver(letter{1, 4096}, goodUser+"@home.arpa"); err != nil {
		return err
	}
	return s.deliver(letter{2, hoardOctets}, hoardUser+"@home.arpa")
}

func (h *hostility) run() error {
	baseline, err := h.routines() // of a box that has served one client, and ends by it
	if err != nil {
		return err
	}
	if err := h.box.start(); err != nil {
		return err
	}
	var base []time.Duration
	for n := range baseFetches {
		worst, err := h.fetch(n)
		if err != nil {
			return fmt.Errorf("before the siege: %w", err)
		}
		base = append(base, worst)
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(5 * time.Second) // quiet: what the good client alone has cost is given back
	before, err := h.standing()
	if err != nil {
		return err
	}

	s := newSiege(h.box, h.box.pop3s, hoardUser)
	began := time.Now()
	stormed := make(chan struct{})
	go func() {
		s.run(h.part)
		close(stormed)
	}()
	h.slowest, h.slowestTo = 0, ""
	answers, failures := h.serveDuring(stormed)
	h.report(s, time.Since(began))
	s.end()

	after, healed := h.heal(before)
	left, err := h.routines()
	if err != nil {
		return err
	}
	fmt.Fprintf(h.out, "good client    %d fetches, %d not served; worst answer %v (to %s), median %v; alone %v (target %v)\n", len(answers)+len(failures), len(failures),
		slices.Max(answers).Round(time.Millisecond), h.slowestTo, answers[len(answers)/2].Round(time.Millisecond), slices.Max(base).Round(time.Millisecond), worstAnswer)
	fmt.Fprintf(h.out, "private memory %d KiB before, %d KiB %v after\n", before.memory>>10, after.memory>>10, healed.Round(time.Second))
	fmt.Fprintf(h.out, "descriptors    %d before, %d after; threads %d, %d\n", before.descriptors, after.descriptors, before.threads, after.threads)
	fmt.Fprintf(h.out, "goroutines     %d in a fresh box, %d after\n", baseline, left)
	if err := errors.Join(judge(before, after, h.keepMemory<<10), errors.Join(failures...)); err != nil {
		return err
	}
	if left > baseline {
		return fmt.Errorf("%d goroutines are left; the log has them", left-baseline)
	}
	fmt.Fprintln(h.out, "hostile: PASS")
	return nil
}

// judge says what the box has kept that it may not; keepMemory is in octets.
func judge(before, after standing, keepMemory int64) error {
	var errs []error
	if grown := after.memory - before.memory; grown > keepMemory {
		errs = append(errs, fmt.Errorf("private memory has grown by %d KiB", grown>>10))
	}
	if grown := after.descriptors - before.descriptors; grown > keepDescriptors {
		errs = append(errs, fmt.Errorf("%d descriptors are left", grown))
	}
	return errors.Join(errs...)
}

// serveDuring fetches every second until the siege is through.
func (h *hostility) serveDuring(stormed <-chan struct{}) (answers []time.Duration, failures []error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		worst, err := h.fetch(n)
		if err != nil {
			failures = append(failures, fmt.Errorf("the good client was not served: %w", err))
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

// fetch is one poll of the good client, by TLS every second time. It returns the longest that the client waited for any answer.
func (h *hostility) fetch(n int) (worst time.Duration, err error) {
	began := time.Now()
	answered := func(to string) {
		took := time.Since(began)
		if worst = max(worst, took); took > h.slowest {
			h.slowest, h.slowestTo = took, to
		}
		began = time.Now()
	}
	to := h.box.pop3
	if n%2 == 1 {
		to = h.box.pop3s
	}
	var conn net.Conn
	conn, err = net.DialTimeout("tcp", to, patience)
	if err != nil {
		return worst, err
	}
	if n%2 == 1 {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // it knows its box
	}
	r := &reader{conn: conn, in: bufio.NewReader(conn)}
	defer r.close()
	if _, err = r.line(); err != nil {
		return worst, fmt.Errorf("greeting: %w", err)
	}
	answered("the connection")
	for _, command := range []string{"USER " + goodUser, "PASS " + password, "STAT"} {
		if err = r.command(command); err != nil {
			return worst, fmt.Errorf("%.4s: %w", command, err)
		}
		answered(command[:4])
	}
	mail, err := r.retrieve(1)
	if err != nil {
		return worst, fmt.Errorf("RETR: %w", err)
	}
	answered("RETR")
	if _, err = verify(mail); err != nil {
		return worst, err
	}
	err = r.command("QUIT")
	answered("QUIT")
	return worst, err
}

// standing looks at the box.
func (h *hostility) standing() (st standing, err error) {
	pid := h.box.process()
	if st.memory, err = anonymous(pid); err != nil {
		return st, err
	}
	for _, count := range []struct {
		of string
		to *int
	}{{"fd", &st.descriptors}, {"task", &st.threads}} {
		found, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", pid, count.of))
		if err != nil {
			return st, err
		}
		*count.to = len(found)
	}
	return st, nil
}

// heal waits until the box has kept nothing, or for as long as it may take.
func (h *hostility) heal(before standing) (after standing, took time.Duration) {
	for began := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		after, err := h.standing()
		took = time.Since(began)
		if err == nil && judge(before, after, h.keepMemory<<10) == nil || took > healing {
			return after, took
		}
	}
}

// origin is the line of a goroutine that says who started it.
var origin = regexp.MustCompile(`(?m)^created by (\S+)`)

// routines counts the goroutines of the box, but for those that the Go runtime has for itself. The box ends by it: at SIGQUIT
// the runtime writes them all to the log.
func (h *hostility) routines() (int, error) {
	if _, err := h.fetch(0); err != nil {
		return 0, err
	}
	time.Sleep(time.Second) // its session ends
	text, _ := os.ReadFile(h.box.log())
	h.box.command.Process.Signal(syscall.SIGQUIT)
	h.box.command.Wait() // "exit status 2"
	h.box.command = nil
	all, err := os.ReadFile(h.box.log())
	if err != nil {
		return 0, err
	}
	count := countRoutines(all[len(text):])
	if count == 0 {
		return 0, fmt.Errorf("no goroutines are in %s", filepath.Base(h.box.log()))
	}
	return count, nil
}

// countRoutines counts the goroutines of a dump that were started, but by the runtime.
func countRoutines(dump []byte) (count int) {
	for _, by := range origin.FindAllSubmatch(dump, -1) {
		if !bytes.HasPrefix(by[1], []byte("runtime.")) {
			count++
		}
	}
	return count
}

// report says what came.
func (h *hostility) report(s *siege, took time.Duration) {
	for _, w := range waves {
		t := s.counts[w.name]
		fmt.Fprintf(h.out, "%6d %s", t.came.Load(), w.name)
		if n := t.refused.Load(); n > 0 {
			fmt.Fprintf(h.out, ", %d could not connect", n)
		}
		fmt.Fprintln(h.out)
	}
	fmt.Fprintf(h.out, "all within %v\n", took.Round(time.Second))
}
