package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// startPatience is how long a server may take from exec to its greetings.
const startPatience = 10 * time.Second

// A Pillarbox is a pillarbox on loopback, with its configuration, state and log in one folder.
type Pillarbox struct {
	// set by NewPillarbox
	binary string
	Folder string
	SMTP   string // address
	POP3   string // address
	POP3S  string // address for implicit TLS, "" before OfferTLS
	// Page and PageTLS are the addresses of the page, "" before OfferPage.
	Page, PageTLS string

	LogFile string       // if not "", in place of a file in the folder
	Group   *memoryGroup // if not nil, the group to start it in

	// the running process; nil if there is none
	command *exec.Cmd

	spawned time.Time // time of the latest start
}

// NewPillarbox writes a configuration with free ports and makes the accounts. With a small
// capacity a benchmark soon writes into recycled slots; the smallest is 32 MiB, eight slots.
func NewPillarbox(binary, folder, capacity string, accounts ...string) (*Pillarbox, error) {
	b := &Pillarbox{binary: binary, Folder: folder}
	var err error
	if b.SMTP, err = FreeAddress(); err != nil {
		return nil, err
	}
	if b.POP3, err = FreeAddress(); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`hostname = "localhost"
domains  = ["home.arpa"]
state    = %q
mdns     = "off"

[pop3]
listen     = [%q]
listen_tls = []

[smtp]
listen     = [%q]
listen_tls = []
max_message = "2MiB"

[web]
listen     = []
listen_tls = []

[spool]
capacity = %q
volatile = true
`, filepath.Join(folder, "state"), b.POP3, b.SMTP, capacity)
	if err := os.WriteFile(b.ConfigFile(), []byte(config), 0o600); err != nil {
		return nil, err
	}
	for _, name := range accounts {
		add := exec.Command(binary, "user", "add", "-config", b.ConfigFile(), name)
		add.Stdin = strings.NewReader(client.Password + "\n")
		if out, err := add.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("user add %s: %w: %s", name, err, out)
		}
	}
	return b, nil
}

// OfferTLS adds a port with implicit TLS and sets the size limit of messages. The server must not
// be running.
func (b *Pillarbox) OfferTLS(maxMessage string) (err error) {
	if b.POP3S, err = FreeAddress(); err != nil {
		return err
	}
	text, err := os.ReadFile(b.ConfigFile())
	if err != nil {
		return err
	}
	// The first listen_tls is that of POP3.
	changed := strings.Replace(string(text), "listen_tls = []", fmt.Sprintf("listen_tls = [%q]", b.POP3S), 1)
	changed = strings.Replace(changed, `max_message = "2MiB"`, fmt.Sprintf("max_message = %q", maxMessage), 1)
	return os.WriteFile(b.ConfigFile(), []byte(changed), 0o600)
}

// OfferPage adds the ports of the page. The server must not be running.
func (b *Pillarbox) OfferPage() (err error) {
	if b.Page, err = FreeAddress(); err != nil {
		return err
	}
	if b.PageTLS, err = FreeAddress(); err != nil {
		return err
	}
	return b.Reconfigure("[web]\nlisten     = []\nlisten_tls = []", fmt.Sprintf("[web]\nlisten     = [%q]\nlisten_tls = [%q]", b.Page, b.PageTLS))
}

// Reconfigure replaces texts of the configuration: pairs are old and new texts. The server must
// not be running.
func (b *Pillarbox) Reconfigure(pairs ...string) error {
	text, err := os.ReadFile(b.ConfigFile())
	if err != nil {
		return err
	}
	return os.WriteFile(b.ConfigFile(), []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600)
}

// AllowSessions sets the memory limit so that the server admits as many sessions and a few more: it
// assumes 256 KiB for each.
func (b *Pillarbox) AllowSessions(sessions int) error {
	file, err := os.OpenFile(b.ConfigFile(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "\n[service]\nmemory = \"%dMiB\"\n", max(sessions/4+16, 64))
	return errors.Join(err, file.Close())
}

func (b *Pillarbox) ConfigFile() string { return filepath.Join(b.Folder, "pillarbox.toml") }

// Log returns the path of the log.
func (b *Pillarbox) Log() string {
	if b.LogFile != "" {
		return b.LogFile
	}
	return filepath.Join(b.Folder, "log")
}

func (b *Pillarbox) Process() int                     { return b.command.Process.Pid }
func (b *Pillarbox) Connect() (*client.Sender, error) { return client.DialSMTP(b.SMTP) }
func (b *Pillarbox) Began() time.Time                 { return b.spawned }
func (b *Pillarbox) Maildrop() string                 { return b.POP3 }
func (b *Pillarbox) MaildropTLS() string              { return b.POP3S }
func (b *Pillarbox) Drain() error                     { return nil } // 250 means stored
func (b *Pillarbox) RemoveCaches() error              { return nil } // it has none

// Spawn starts the server and does not wait until it is ready.
func (b *Pillarbox) Spawn() error {
	log, err := os.OpenFile(b.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	b.command = exec.Command(b.binary, "serve", "-config", b.ConfigFile())
	if b.Group != nil {
		b.command = b.Group.command(b.binary, "serve", "-config", b.ConfigFile())
	}
	b.spawned = time.Now()
	b.command.Stdout, b.command.Stderr = log, log
	return b.command.Start()
}

// Start starts the server and returns after the greetings on its ports.
func (b *Pillarbox) Start() error {
	if err := b.Spawn(); err != nil {
		return err
	}
	for _, address := range []string{b.SMTP, b.POP3} {
		if err := awaitGreeting(address); err != nil {
			return fmt.Errorf("pillarbox: %w; its log ends:\n%s", err, b.logTail())
		}
	}
	return nil
}

// Running reports whether there is a process that was started and not ended.
func (b *Pillarbox) Running() bool { return b.command != nil }

// Detach returns the running process, which the caller must end and wait for.
func (b *Pillarbox) Detach() *exec.Cmd {
	command := b.command
	b.command = nil
	return command
}

// Quit ends the server with SIGQUIT, which makes the Go runtime write all goroutines to the log.
func (b *Pillarbox) Quit() {
	command := b.Detach()
	command.Process.Signal(syscall.SIGQUIT)
	command.Wait() // "exit status 2"
}

// Kill ends the server with SIGKILL.
func (b *Pillarbox) Kill() {
	b.command.Process.Kill()
	b.command.Wait() // "signal: killed"
	b.command = nil
}

// Stop ends the server with SIGTERM. It returns an error if the exit code is not 0.
func (b *Pillarbox) Stop() error {
	if b.command == nil {
		return nil
	}
	command := b.Detach()
	command.Process.Signal(syscall.SIGTERM)
	overdue := time.AfterFunc(startPatience, func() { command.Process.Kill() })
	defer overdue.Stop()
	if err := command.Wait(); err != nil {
		return fmt.Errorf("stopping pillarbox: %w; its log ends:\n%s", err, b.logTail())
	}
	return nil
}

func (b *Pillarbox) logTail() string {
	log, _ := os.ReadFile(b.Log())
	return string(log[max(0, len(log)-2000):])
}

// awaitGreeting waits until a server sends something on the address, at most startPatience.
func awaitGreeting(address string) error {
	for deadline := time.Now().Add(startPatience); !Greets(address); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("no greeting on %s after %v", address, startPatience)
		}
	}
	return nil
}

// Greets reports whether a server sends something on the address.
func Greets(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	n, err := conn.Read(make([]byte, 1))
	return n == 1 && err == nil
}
