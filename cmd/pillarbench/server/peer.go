package server

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// A Peer is another mail server, started and ended by a script (scripts/peers.sh).
type Peer struct {
	script string
	name   string
	folder string
	log    string

	Smarthost string // address to which it sends everything, of a peer that does

	at endpoints // of the running server
}

// ErrMissing is returned if the peer is not installed.
var ErrMissing = errors.New("not installed")

// exitMissing is the script's exit code for ErrMissing.
const exitMissing = 3

// endpoints is what the script prints after it has started a server.
type endpoints struct {
	// addresses, "" for protocols that it does not offer
	smtp, smtps, lmtp, pop3, pop3s, imaps string

	pid   int
	began time.Time // when the script started it, after its own preparations
	// folders in which each mailbox is a Maildir or an mbox of that name; "" if they are not
	maildir, mbox string
}

func NewPeer(script, name, folder, log string) *Peer {
	return &Peer{script: script, name: name, folder: folder, log: log}
}

func (p *Peer) Start() error {
	printed, err := p.call("start", p.name, p.folder)
	if err != nil {
		return err
	}
	if p.at, err = parseEndpoints(printed); err != nil {
		return err
	}
	// The port for implicit TLS is open as soon as the others are.
	for _, address := range []string{p.at.smtp, p.at.lmtp, p.at.pop3} {
		if address == "" {
			continue
		}
		if err := awaitGreeting(address); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (p *Peer) Stop() error {
	_, err := p.call("stop", p.folder)
	return err
}

func (p *Peer) Drain() error {
	_, err := p.call("settle", p.folder)
	return err
}

func (p *Peer) RemoveCaches() error {
	_, err := p.call("forget", p.folder)
	return err
}

func (p *Peer) Began() time.Time    { return p.at.began }
func (p *Peer) Process() int        { return p.at.pid }
func (p *Peer) Maildrop() string    { return p.at.pop3 }
func (p *Peer) MaildropTLS() string { return p.at.pop3s }

// SMTPS, LMTP and IMAPS are the addresses of those protocols, "" if the peer has none.
func (p *Peer) SMTPS() string { return p.at.smtps }
func (p *Peer) LMTP() string  { return p.at.lmtp }
func (p *Peer) IMAPS() string { return p.at.imaps }

// Certificate is the file with the certificate of the running peer.
func (p *Peer) Certificate() string { return filepath.Join(p.folder, "conf", "cert.pem") }

// Mailboxes is the folder in which each mailbox is a Maildir of that name, "" if they are not.
func (p *Peer) Mailboxes() string { return p.at.maildir }

func (p *Peer) Connect() (*client.Sender, error) {
	if p.at.lmtp == "" && p.at.smtp == "" {
		return nil, fmt.Errorf("%s accepts no mail", p.name)
	}
	if p.at.lmtp != "" {
		return client.DialLMTP(p.at.lmtp)
	}
	return client.DialSMTP(p.at.smtp)
}

// call runs the script and returns its output. The standard error is a file, because servers in the
// background keep it open, and call would wait for the end of a pipe.
func (p *Peer) call(args ...string) ([]byte, error) {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(p.script, args...)
	command.Env = append(os.Environ(), "LOG="+p.log, "SMARTHOST="+p.Smarthost)
	command.Stderr = log
	command.WaitDelay = time.Second
	out, err := command.Output()
	if command.ProcessState != nil && command.ProcessState.ExitCode() == exitMissing {
		return nil, fmt.Errorf("%s is %w", p.name, ErrMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w (see %s)", p.script, args[0], err, p.log)
	}
	return out, nil
}

// parseEndpoints parses lines of a word and a value.
func parseEndpoints(printed []byte) (endpoints, error) {
	var at endpoints
	for line := range bytes.Lines(printed) {
		word, value, _ := bytes.Cut(line, []byte(" "))
		text := string(bytes.TrimSpace(value))
		var err error
		switch string(word) {
		case "smtp":
			at.smtp = text
		case "smtps":
			at.smtps = text
		case "lmtp":
			at.lmtp = text
		case "pop3":
			at.pop3 = text
		case "pop3s":
			at.pop3s = text
		case "imaps":
			at.imaps = text
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
			return at, fmt.Errorf("output of the peer script, line %q: %w", line, err)
		}
	}
	if at.smtp+at.lmtp+at.mbox+at.maildir == "" || at.pid == 0 || at.began.IsZero() {
		return at, fmt.Errorf("output of the peer script has no smtp, lmtp, mbox or maildir, no pid or no began: %q", printed)
	}
	return at, nil
}
