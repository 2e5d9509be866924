package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// password is that of every account a bench makes.
const password = "bench-bench-bench" // no blanks: Mailpit takes none

// startPatience is how long a box may take from exec to its first greeting.
const startPatience = 10 * time.Second

// A box is a pillarbox on loopback, with configuration, state and log in a folder of its own.
type box struct {
	// set at birth
	binary string
	folder string
	smtp   string // address
	pop3   string // address
	pop3s  string // address of TLS from the first octet, "" before offerTLS

	logFile string // "": in the folder

	// of the running process; nil when there is none
	command *exec.Cmd

	spawned time.Time // the latest
}

// newBox writes a configuration with free ports and a small spool, so that a bench soon writes
// into recycled slots, and makes the accounts. A spool has at least 32 MiB, eight slots.
func newBox(binary, folder, capacity string, accounts ...string) (*box, error) {
	b := &box{binary: binary, folder: folder}
	var err error
	if b.smtp, err = freeAddress(); err != nil {
		return nil, err
	}
	if b.pop3, err = freeAddress(); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`hostname = "localhost"
domains  = ["home.arpa"]
state    = %q

[pop3]
listen     = [%q]
listen_tls = []

[smtp]
listen     = [%q]
listen_tls = []
max_message = "2MiB"

[spool]
capacity = %q
volatile = true
`, filepath.Join(folder, "state"), b.pop3, b.smtp, capacity)
	if err := os.WriteFile(b.config(), []byte(config), 0o600); err != nil {
		return nil, err
	}
	for _, name := range accounts {
		add := exec.Command(binary, "user", "add", "-config", b.config(), name)
		add.Stdin = strings.NewReader(password + "\n")
		if out, err := add.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("user add %s: %w: %s", name, err, out)
		}
	}
	return b, nil
}

// offerTLS adds a port with TLS from the first octet, and makes room for larger mail. The box is not running.
func (b *box) offerTLS(maxMessage string) (err error) {
	if b.pop3s, err = freeAddress(); err != nil {
		return err
	}
	text, err := os.ReadFile(b.config())
	if err != nil {
		return err
	}
	changed := strings.Replace(string(text), "listen_tls = []", fmt.Sprintf("listen_tls = [%q]", b.pop3s), 1) // POP3's
	changed = strings.Replace(changed, `max_message = "2MiB"`, fmt.Sprintf("max_message = %q", maxMessage), 1)
	return os.WriteFile(b.config(), []byte(changed), 0o600)
}

func (b *box) config() string { return filepath.Join(b.folder, "pillarbox.toml") }
func (b *box) log() string {
	if b.logFile != "" {
		return b.logFile
	}
	return filepath.Join(b.folder, "log")
}

func (b *box) process() int              { return b.command.Process.Pid }
func (b *box) connect() (*sender, error) { return dialSMTP(b.smtp) }
func (b *box) began() time.Time          { return b.spawned }
func (b *box) maildrop() string          { return b.pop3 }
func (b *box) secured() string           { return b.pop3s }
func (b *box) settle() error             { return nil } // 250 means it is in the mailbox
func (b *box) forget() error             { return nil } // all it has is the mail

// spawn starts the box and does not wait for it to be ready.
func (b *box) spawn() error {
	log, err := os.OpenFile(b.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	b.command = exec.Command(b.binary, "serve", "-config", b.config())
	b.spawned = time.Now()
	b.command.Stdout, b.command.Stderr = log, log
	return b.command.Start()
}

// start starts the box and returns when both its ports greet.
func (b *box) start() error {
	if err := b.spawn(); err != nil {
		return err
	}
	for _, address := range []string{b.smtp, b.pop3} {
		if err := awaitGreeting(address); err != nil {
			return fmt.Errorf("the box: %w; its log ends:\n%s", err, b.logTail())
		}
	}
	return nil
}

// kill ends the box as a power cut would, as far as a process can be cut: SIGKILL.
func (b *box) kill() {
	b.command.Process.Kill()
	b.command.Wait() // "signal: killed"
	b.command = nil
}

// stop asks the box to end, and returns an error when it does not end well.
func (b *box) stop() error {
	if b.command == nil {
		return nil
	}
	command := b.command
	b.command = nil
	command.Process.Signal(syscall.SIGTERM)
	overdue := time.AfterFunc(startPatience, func() { command.Process.Kill() })
	defer overdue.Stop()
	if err := command.Wait(); err != nil {
		return fmt.Errorf("stopping the box: %w; its log ends:\n%s", err, b.logTail())
	}
	return nil
}

func (b *box) logTail() string {
	log, _ := os.ReadFile(b.log())
	return string(log[max(0, len(log)-2000):])
}

// awaitGreeting returns when a server says something on the address, or an error after startPatience.
func awaitGreeting(address string) error {
	for deadline := time.Now().Add(startPatience); !greets(address); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("no answer on %s after %v", address, startPatience)
		}
	}
	return nil
}

// greets reports whether a server says something on the address.
func greets(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	n, err := conn.Read(make([]byte, 1))
	return n == 1 && err == nil
}

// freeAddress returns a loopback address that nobody listens on now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
