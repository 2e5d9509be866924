package queue

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
)

// capacity is that of the spool.
const capacity = "128MiB"

// A pillarbox sends by a child of the server.
type pillarbox struct {
	Options
	*server.Pillarbox
	submission string // address
}

func newPillarbox(o Options) (*pillarbox, error) {
	own, err := server.NewPillarbox(o.Binary, o.Folder, capacity, client.Mailbox(0))
	if err != nil {
		return nil, err
	}
	own.LogFile = o.Log
	p := &pillarbox{Options: o, Pillarbox: own}
	if p.submission, err = server.FreeAddress(); err != nil {
		return nil, err
	}
	// The sender of all messages, bench@home.arpa, is an address at the provider.
	smtp := fmt.Sprintf("[smtp]\nlisten     = [%q]\nlisten_tls = []", own.SMTP)
	err = own.Reconfigure(`domains  = ["home.arpa"]`, `domains  = ["box.example"]`, smtp, strings.Replace(smtp, "[]", fmt.Sprintf("[%q]", p.submission), 1))
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(own.ConfigFile(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(file, "\n[remote.provider]\nowner = %q\naddress = [\"bench@home.arpa\"]\nfetch = \"none\"\noutgoing = %q\npin = %q\nper_day = 100000\n",
		client.Mailbox(0), o.To.Address(), o.To.Pin)
	return p, file.Close()
}

// Start starts the server and logs in to the provider.
func (p *pillarbox) Start() error {
	if err := p.Pillarbox.Start(); err != nil {
		return err
	}
	_, err := p.command(client.Password, "remote", "login", "-config", p.ConfigFile(), "provider")
	return err
}

// Connect opens a connection and logs in.
func (p *pillarbox) Connect() (*client.Sender, error) {
	s, err := overTLS(p.submission)
	if err != nil {
		return nil, err
	}
	secret := base64.StdEncoding.EncodeToString([]byte("\x00" + client.Mailbox(0) + "\x00" + client.Password))
	if err = s.Say([]byte("AUTH PLAIN " + secret + "\r\n")); err == nil {
		err = s.Expect("235")
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (p *pillarbox) command(line string, words ...string) (string, error) {
	c := exec.Command(p.Binary, words...)
	c.Stdin = strings.NewReader(line + "\n")
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", words[0], words[1], err, out)
	}
	return string(out), nil
}

func (p *pillarbox) Left() (int, bool, error) {
	list, err := p.command("", "queue", "list", "-config", p.ConfigFile())
	if err != nil {
		return 0, false, err
	}
	messages, resting := parseQueue(list)
	return messages, resting, nil
}

func (p *pillarbox) Retry() error {
	_, err := p.command("", "queue", "retry", "-config", p.ConfigFile(), "-all")
	return err
}

// parseQueue counts the recipients in what "queue list" prints, one for each message, and reports
// whether all of them wait for a time to come.
func parseQueue(list string) (recipients int, resting bool) {
	resting = true
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, " ") {
			continue
		}
		recipients++
		resting = resting && !strings.Contains(line, "; being sent")
	}
	return recipients, resting
}
