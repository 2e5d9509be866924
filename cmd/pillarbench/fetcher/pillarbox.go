package fetcher

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/provider"
	"pillarbox/cmd/pillarbench/server"
)

// capacity is that of the spool: room for the mixed load, and for slots that are cleaned.
const capacity = "192MiB"

// A pillarbox fetches by a child of the server.
type pillarbox struct {
	Options
	own *server.Pillarbox
	pin string
}

func newPillarbox(o Options) (*pillarbox, error) {
	names := make([]string, client.MaxConnections)
	for i := range names {
		names[i] = client.Mailbox(i)
	}
	own, err := server.NewPillarbox(o.Binary, o.Folder, capacity, names...)
	if err != nil {
		return nil, err
	}
	own.LogFile = o.Log
	if err := own.OfferTLS("48MiB"); err != nil {
		return nil, err
	}
	pin, err := fingerprint(o.Trusted)
	return &pillarbox{Options: o, own: own, pin: pin}, err
}

func (p *pillarbox) Server() server.Server { return p.own }
func (p *pillarbox) PollsItself() bool     { return true }

// Prepare writes a table for each account.
func (p *pillarbox) Prepare(accounts []provider.Account) error {
	file, err := os.OpenFile(p.own.ConfigFile(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		every := "24h" // it is fetched when Fetch says so
		if a.Polled {
			every = "1m"
		}
		fmt.Fprintf(file, "\n[remote.%s]\nowner = %q\naddress = [%q]\nuser = %q\nfetch = %q\nevery = %q\nsince = \"all\"\nincoming = %q\npin = %q\nsend = false\n",
			a.User, Mailbox, a.User+"@provider.example", a.User, a.Protocol, every, a.Address, p.pin)
	}
	return file.Close()
}

// Ready logs in to each account and fetches from it, while nothing is there: an account is fetched
// by itself half a minute after the start, and then Fetch would find nothing.
func (p *pillarbox) Ready(accounts []provider.Account) error {
	for _, a := range accounts {
		if out, err := p.command(client.Password, "remote", "login", a.User).CombinedOutput(); err != nil {
			return fmt.Errorf("remote login %s: %w: %s", a.User, err, out)
		}
		if out, err := p.command("", "fetch", a.User).CombinedOutput(); err != nil {
			return fmt.Errorf("fetch %s: %w: %s", a.User, err, out)
		}
	}
	return nil
}

// command is a command of pillarbox, given a line.
func (p *pillarbox) command(line string, words ...string) *exec.Cmd {
	at := len(words) - 1
	if at > 0 {
		words = append(append(append([]string(nil), words[:at]...), "-config", p.own.ConfigFile()), words[at:]...)
	}
	c := exec.Command(p.Binary, words...)
	c.Stdin = strings.NewReader(line + "\n")
	return c
}

// exitTemporary is the exit code of a fetch that is to be tried again, and exitFailed that of one
// that failed: the line was broken.
const (
	exitFailed    = 1
	exitTemporary = 75
)

// Fetch asks the server to fetch. The command itself is not counted, because a server that fetches
// by its schedule needs none.
func (p *pillarbox) Fetch(a provider.Account) (u Usage, err error) {
	pid := p.own.Process()
	before, err := measure.FamilyCPU(pid)
	if err != nil {
		return u, err
	}
	stop := u.Peak.Watch(func() measure.Peak { return measure.ParentAndChildren(pid) })
	began := time.Now()
	out, err := p.command("", "fetch", a.User).CombinedOutput()
	u.Took = time.Since(began)
	stop()
	var exit *exec.ExitError
	if errors.As(err, &exit) && (exit.ExitCode() == exitFailed || exit.ExitCode() == exitTemporary) {
		err = nil
	}
	if err != nil {
		return u, fmt.Errorf("fetch: %w: %s", err, out)
	}
	after, err := measure.FamilyCPU(pid)
	u.CPU = after - before
	return u, err
}
