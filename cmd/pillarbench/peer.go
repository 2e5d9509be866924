package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// A peer is another mail server, started and ended by a script (scripts/peers.sh).
type peer struct {
	// set at birth
	script string
	name   string
	folder string
	log    string

	at whereabouts // of the running server
}

// errMissing: the peer is not installed.
var errMissing = errors.New("not installed")

// exitMissing is the script's exit code for it.
const exitMissing = 3

// whereabouts is what the script prints when it has started a server.
type whereabouts struct {
	smtp, lmtp, pop3, pop3s string // addresses, "" when it does not speak this
	pid                     int
	began                   time.Time // when the script began to start it, after its own preparations
	maildir, mbox           string    // the folder in which each mailbox is a Maildir, or an mbox, named like it; "": in neither
}

func (p *peer) start() error {
	printed, err := p.call("start", p.name, p.folder)
	if err != nil {
		return err
	}
	if p.at, err = parseWhereabouts(printed); err != nil {
		return err
	}
	for _, address := range []string{p.at.smtp, p.at.lmtp, p.at.pop3} { // who greets by TLS greets here, too
		if address == "" {
			continue
		}
		if err := awaitGreeting(address); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (p *peer) stop() error {
	_, err := p.call("stop", p.folder)
	return err
}

func (p *peer) settle() error {
	_, err := p.call("settle", p.folder)
	return err
}

func (p *peer) forget() error {
	_, err := p.call("forget", p.folder)
	return err
}

func (p *peer) began() time.Time { return p.at.began }
func (p *peer) process() int     { return p.at.pid }
func (p *peer) maildrop() string { return p.at.pop3 }
func (p *peer) secured() string  { return p.at.pop3s }

func (p *peer) connect() (*sender, error) {
	if p.at.lmtp == "" && p.at.smtp == "" {
		return nil, fmt.Errorf("%s takes no mail", p.name)
	}
	if p.at.lmtp != "" {
		return dialLMTP(p.at.lmtp)
	}
	return dialSMTP(p.at.smtp)
}

// call runs the script and returns what it prints. Servers that go to the background keep its
// standard error, which must be a file for that reason: a pipe would be waited for.
func (p *peer) call(args ...string) ([]byte, error) {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(p.script, args...)
	command.Env = append(os.Environ(), "LOG="+p.log)
	command.Stderr = log
	command.WaitDelay = time.Second
	out, err := command.Output()
	if command.ProcessState != nil && command.ProcessState.ExitCode() == exitMissing {
		return nil, fmt.Errorf("%s is %w", p.name, errMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w (see %s)", p.script, args[0], err, p.log)
	}
	return out, nil
}

// parseWhereabouts reads lines of a word and a value.
func parseWhereabouts(printed []byte) (whereabouts, error) {
	var at whereabouts
	for line := range bytes.Lines(printed) {
		word, value, _ := bytes.Cut(line, []byte(" "))
		text := string(bytes.TrimSpace(value))
		var err error
		switch string(word) {
		case "smtp":
			at.smtp = text
		case "lmtp":
			at.lmtp = text
		case "pop3":
			at.pop3 = text
		case "pop3s":
			at.pop3s = text
		case "maildir":
			at.maildir = text
		case "mbox":
			at.mbox = text
		case "pid":
			at.pid, err = strconv.Atoi(text)
		case "began": // nanoseconds since 1970
			var nanoseconds int64
			nanoseconds, err = strconv.ParseInt(text, 10, 64)
			at.began = time.Unix(0, nanoseconds)
		default:
			err = fmt.Errorf("unknown word")
		}
		if err != nil {
			return at, fmt.Errorf("the peer's whereabouts, line %q: %w", line, err)
		}
	}
	if at.smtp == "" && at.lmtp == "" && at.mbox == "" || at.pid == 0 || at.began.IsZero() {
		return at, fmt.Errorf("the peer's whereabouts lack smtp, lmtp or mbox, pid or began: %q", printed)
	}
	return at, nil
}
