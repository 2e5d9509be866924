package fetcher

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/provider"
	"pillarbox/cmd/pillarbench/server"
)

// A dovecot is fetchmail or getmail, which hands mail to a Dovecot. Both run as nobody, to whom the
// mailboxes belong: getmail refuses to run as root.
type dovecot struct {
	Options
	program string
	lda     bool // by Dovecot's delivery program, in place of LMTP
	peer    *server.Peer
}

func (d *dovecot) Server() server.Server { return d.peer }
func (d *dovecot) PollsItself() bool     { return false }

// Prepare does nothing: the server's ports are not known yet.
func (d *dovecot) Prepare([]provider.Account) error { return nil }

// nobody is the user and group of that name.
const nobody = 65534

// home is the folder of a program's state for one account.
func (d *dovecot) home(a provider.Account) string { return filepath.Join(d.Folder, "home", a.User) }

// mailbox is the Maildir.
func (d *dovecot) mailbox() string { return filepath.Join(d.peer.Mailboxes(), Mailbox) }

// Ready makes the Maildir, and a home for each account.
func (d *dovecot) Ready(accounts []provider.Account) error {
	for _, name := range []string{"", "cur", "new", "tmp"} {
		if err := makeFor(nobody, filepath.Join(d.mailbox(), name)); err != nil {
			return err
		}
	}
	for _, a := range accounts {
		home := d.home(a)
		if err := errors.Join(os.MkdirAll(filepath.Dir(home), 0o755), makeFor(nobody, home)); err != nil {
			return err
		}
		files := map[string]string{"rc": fetchmailConfig(d.target(), a)}
		if d.program == "getmail" {
			files["rc"] = getmailConfig(d.target(), a)
		}
		if d.lda {
			files["lda.conf"] = d.ldaConfig(home)
		}
		for name, text := range files {
			path := filepath.Join(home, name)
			if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chown(path, nobody, nobody)); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeFor makes a folder of a user.
func makeFor(user int, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.Chown(folder, user, user)
}

// ldaConfig is the configuration of the delivery program: it asks no server for the mailbox.
func (d *dovecot) ldaConfig(home string) string {
	return fmt.Sprintf("protocols =\nssl = no\nlog_path = %[1]s/log\nbase_dir = %[1]s/run\nmail_location = maildir:%[2]s\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n",
		home, d.mailbox())
}

// target is where mail is handed over.
func (d *dovecot) target() target {
	t := target{trusted: d.Trusted, lmtp: d.peer.LMTP()}
	if d.lda {
		t.lda = ldaProgram
	}
	return t
}

// arguments are those of the program.
func (d *dovecot) arguments(home string) []string {
	if d.program == "getmail" {
		return []string{"--quiet", "--getmaildir=" + home, "--rcfile=rc"}
	}
	return []string{"--silent", "--fetchmailrc", home + "/rc", "--pidfile", home + "/pid", "--idfile", home + "/ids"}
}

// Fetch runs the program once.
func (d *dovecot) Fetch(a provider.Account) (u Usage, err error) {
	home := d.home(a)
	log, err := os.OpenFile(d.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return u, err
	}
	defer log.Close()
	before, err := measure.FamilyCPU(d.peer.Process())
	if err != nil {
		return u, err
	}
	c := exec.Command(d.program, d.arguments(home)...)
	c.Dir, c.Env = home, append(os.Environ(), "HOME="+home, "USER=nobody", "LOGNAME=nobody")
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	began := time.Now()
	if err := c.Start(); err != nil {
		return u, err
	}
	stop := u.Peak.Watch(func() measure.Peak {
		fetcher, _ := measure.FamilyAnonymous(c.Process.Pid) // 0 once it has ended
		server, _ := measure.FamilyAnonymous(d.peer.Process())
		return measure.Peak{Child: fetcher, Server: server}
	})
	err = c.Wait()
	u.Took = time.Since(began)
	stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // its exit codes tell of the provider
		return u, err
	}
	after, err := measure.FamilyCPU(d.peer.Process())
	u.CPU = after - before + c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return u, err
}
