package hostile

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/siege"
)

const (
	floodAlias    = "all" // has floodAccounts accounts
	floodAccounts = 20
	floodCapacity = "640MiB" // more than the index can describe
	floodMemory   = "48MiB"
	// floodEntries is the largest number of index entries that a flood makes: three times what a
	// quarter of floodMemory may hold at 24 octets each.
	floodEntries = 1_500_000
	floodLasts   = 5 * time.Minute

	// The start after the flood: service.memory, and the limit of the control group.
	smallMemory = "32MiB"
	smallGroup  = 40 << 20
	// smallStart is how long the start after the flood may take.
	smallStart = time.Minute
	// floodDeleted is how many messages are deleted after that start.
	floodDeleted = 10
)

// flood is the scene with messages of two octets, and with a start in little memory after them. A
// message to the alias makes floodAccounts entries.
func (h *run) flood(folder, recipient string) error {
	if err := h.prepareFlood(folder); err != nil {
		return err
	}
	if err := h.server.Start(); err != nil {
		return err
	}
	entries := int64(1)
	if recipient == floodAlias {
		entries = floodAccounts
	}
	f := siege.Flood{SMTP: h.server.SMTP, Recipient: recipient, Most: floodEntries / entries}
	ctx, cancel := context.WithTimeout(context.Background(), floodLasts)
	defer cancel()
	began := time.Now()
	err := f.Run(ctx)
	took := time.Since(began)
	full, standingErr := resourcesOf(h.server)
	fmt.Fprintf(h.out, "%-14s %d messages of two octets, %d entries, in %v, then %q; private memory %d KiB, threads %d\n", "flood of "+recipient,
		f.Accepted(), f.Accepted()*entries, took.Round(time.Second), f.Refusal(), full.memory>>10, full.threads)
	if err := errors.Join(err, standingErr, h.server.Stop()); err != nil {
		return err
	}
	var endless error
	if !strings.HasPrefix(f.Refusal(), "452 ") {
		endless = fmt.Errorf("%d entries were accepted without 452", f.Accepted()*entries)
	}
	return errors.Join(endless, h.startSmall())
}

// prepareFlood makes a server with the accounts of the alias.
func (h *run) prepareFlood(folder string) error {
	names := []string{goodUser}
	for n := 1; n < floodAccounts; n++ {
		names = append(names, fmt.Sprintf("user%d", n))
	}
	if err := h.prepare(folder, floodCapacity, "[spool]\n", fmt.Sprintf("[retention]\nmailbox_share = \"100%%\"\n\n[aliases]\n%s = [\"%s\"]\n\n[service]\nmemory = %q\n\n[spool]\n", floodAlias, strings.Join(names, `", "`), floodMemory)); err != nil {
		return err
	}
	for _, name := range names[1:] {
		add := exec.Command(h.Binary, "user", "add", "-config", h.server.ConfigFile(), name)
		add.Stdin = strings.NewReader(client.Password + "\n")
		if out, err := add.CombinedOutput(); err != nil {
			return fmt.Errorf("user add %s: %w: %s", name, err, out)
		}
	}
	return nil
}

// startSmall starts the server in little memory, and deletes messages.
func (h *run) startSmall() (err error) {
	if err := h.server.Reconfigure(floodMemory, smallMemory); err != nil {
		return err
	}
	if h.server.Group, err = server.NewMemoryGroup(smallGroup); err != nil {
		return fmt.Errorf("the start in little memory was not tested: %w", err)
	}
	defer func() { err = errors.Join(err, h.server.Group.Remove()) }()
	if err := h.server.Spawn(); err != nil {
		return err
	}
	command := h.server.Detach()
	ended := make(chan struct{})
	go func() {
		command.Wait() // the result is in ProcessState
		close(ended)
	}()
	defer func() {
		command.Process.Kill()
		<-ended
	}()

	where := fmt.Sprintf("start with %s in a group of %d MiB", smallMemory, smallGroup>>20)
	for !server.Greets(h.server.POP3) {
		took := time.Since(h.server.Began()).Round(10 * time.Millisecond)
		if closed(ended) {
			return fmt.Errorf("%s: %v after %v", where, command.ProcessState, took)
		}
		if took > smallStart {
			return fmt.Errorf("%s: no greeting within %v", where, smallStart)
		}
		time.Sleep(20 * time.Millisecond)
	}
	started := time.Since(h.server.Began())
	left, err := h.deleteSome()
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	memory, err := measure.Anonymous(command.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Fprintf(h.out, "%14s %s: greets after %v; %d messages deleted, %d left; private memory %d KiB\n", "",
		where, started.Round(10*time.Millisecond), floodDeleted, left, memory>>10)
	return nil
}

// deleteSome deletes messages and returns how many are left, as counted by a second session.
func (h *run) deleteSome() (left int, err error) {
	had, err := h.count(floodDeleted)
	if err != nil {
		return 0, err
	}
	if left, err = h.count(0); err != nil {
		return 0, err
	}
	if left != had-floodDeleted {
		return left, fmt.Errorf("%d messages, %d deleted, %d left", had, floodDeleted, left)
	}
	return left, nil
}

// count logs in, deletes the first messages and quits. It returns the number of messages at login.
func (h *run) count(deleted int) (messages int, err error) {
	r, err := client.DialPOP3(h.server.POP3, goodUser, client.Password)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	line, err := r.Ask("STAT")
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Sscanf(line, "+OK %d", &messages); err != nil {
		return 0, fmt.Errorf("STAT: %q", line)
	}
	numbers := make([]int, deleted)
	for i := range numbers {
		numbers[i] = i + 1
	}
	return messages, r.Delete(numbers)
}
