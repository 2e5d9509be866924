package appliance

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
)

// givenUp names the environment variable that makes TestGivenUp the process that gives its rights
// up: the folder of its files.
const givenUp = "PILLARBOX_TEST_GIVEN_UP"

// rootGroup is a group that root is in.
const rootGroup = 4

// nobody is a user that every machine has, and that owns nothing.
const nobody = "nobody"

// TestGiveUp runs a box that gives up what it may in a process of its own, for nothing gives it
// back. TestGivenUp is what that process does.
func TestGiveUp(t *testing.T) {
	for _, test := range []struct {
		name, user, certs string
	}{
		{"as who started it", "", ""},
		{"as a service user", nobody, ""},
		{"as a service user that makes certificates", nobody, "made"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.user != "" && os.Geteuid() != 0 {
				t.Skip("only root can become another user")
			}
			// t.TempDir is in a folder that no other user may enter.
			folder, err := os.MkdirTemp("", "given-up-")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(folder)
			if err := os.Chmod(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			furnish(t, folder)
			for start := range 2 { // the second finds what the first has made
				child := exec.Command(os.Args[0], "-test.run=^TestGivenUp$", "-test.v")
				child.Env = append(os.Environ(), givenUp+"="+folder, "PILLARBOX_TEST_USER="+test.user, "PILLARBOX_TEST_CERTS="+test.certs)
				if os.Geteuid() == 0 { // in groups that a service user must not be in
					child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Groups: []uint32{0, rootGroup}}}
				}
				if out, err := child.CombinedOutput(); err != nil {
					t.Fatalf("start %d: %v\n%s", start, err, out)
				}
			}
		})
	}
}

// A prisoner is a box that has given up what it may, looked at from inside.
type prisoner struct {
	*box
	folder string
	user   string
}

func TestGivenUp(t *testing.T) {
	folder := os.Getenv(givenUp)
	if folder == "" {
		t.Skip("TestGiveUp starts it in a process of its own")
	}
	p := &prisoner{folder: folder, user: os.Getenv("PILLARBOX_TEST_USER")}
	arrange := p.arranger(t)
	arrange("one")
	c := p.settings()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.SMTP.Listen = append(c.SMTP.Listen, taken.Addr().String())
	p.box = start(t, c, Options{GiveUp: true, Reread: func() (*config.Config, error) {
		text, err := os.ReadFile(c.File)
		changed := *c
		changed.Hostname = strings.TrimSpace(string(text))
		return &changed, err
	}})
	p.serves(t)
	p.isNobodyElse(t)
	p.reloads(t, arrange)
	p.opensOff(t, taken)
	if p.logged("confined to the state directory") {
		p.cannotLeave(t)
	} else if !p.logged("not confined to the state directory: the kernel does not support Landlock") {
		t.Error("whether it is confined is not in the log")
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(p.socket()); p.user == "" && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the LMTP socket is left: %v", err)
	}
}

func (p *prisoner) socket() string { return filepath.Join(p.folder, "run", "lmtp") }
func (p *prisoner) etc() string    { return filepath.Join(p.folder, "etc") }

// furnish makes an account, a configuration, and two certificates in the way of those who renew
// them: files in an archive, and links to them.
func furnish(t *testing.T, folder string) {
	t.Helper()
	donor := start(t, settings(t.TempDir()), Options{})
	family(t, filepath.Join(folder, "state"), "anna")
	for _, dir := range []string{"run", "etc", "archive"} {
		if err := os.Mkdir(filepath.Join(folder, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(folder, dir), 0o777); err != nil { // whatever the umask
			t.Fatal(err)
		}
	}
	for file, from := range map[string]string{"one.crt": "ca.crt", "one.key": "ca.key", "two.crt": "box.crt", "two.key": "box.key"} {
		text, err := os.ReadFile(filepath.Join(donor.state, statedir.CertsFolder, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, "archive", file), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// arrange is a program of the machine that puts a configuration and a certificate in the place of
// others.
const arrange = `set -e; cd "$1/etc"; while read name; do
	for kind in crt key; do ln -s "../archive/$name.$kind" new; mv new "live.$kind"; done
	echo "$name.home.arpa" >new; mv new hostname
	echo arranged
done`

// arranger starts it, before the box is confined, and returns what tells it what to arrange.
func (p *prisoner) arranger(t *testing.T) func(name string) {
	t.Helper()
	program := exec.Command("sh", "-c", arrange, "sh", p.folder)
	in, err1 := program.StdinPipe()
	out, err2 := program.StdoutPipe()
	if err := errors.Join(err1, err2, program.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		program.Wait()
	})
	answers := bufio.NewReader(out)
	return func(name string) {
		t.Helper()
		fmt.Fprintln(in, name)
		if answer, err := answers.ReadString('\n'); err != nil {
			t.Fatalf("%s was not arranged: %q, %v", name, answer, err)
		}
	}
}

func (p *prisoner) settings() *config.Config {
	c := settings(filepath.Join(p.folder, "state"))
	c.Service = config.Service{User: p.user, Confine: true}
	c.SMTP.ListenLMTP = []string{"unix:" + p.socket()}
	c.File = filepath.Join(p.etc(), "hostname")
	if os.Getenv("PILLARBOX_TEST_CERTS") == "" {
		c.TLS.Cert, c.TLS.Key = filepath.Join(p.etc(), "live.crt"), filepath.Join(p.etc(), "live.key")
	}
	return c
}

// serves: mail comes in by the local socket. A process that is confined cannot connect to a port.
func (p *prisoner) serves(t *testing.T) {
	t.Helper()
	if conn, err := net.Dial("unix", p.socket()); err != nil {
		t.Error(err)
	} else {
		c := textproto.NewConn(conn)
		for _, line := range []string{"", "LHLO mta", "MAIL FROM:<root>", "RCPT TO:<anna>", "DATA", "Subject: in\r\n\r\nmail\r\n.", "QUIT"} {
			if line != "" {
				c.PrintfLine("%s", line)
			}
			answer, err := c.ReadLine()
			for err == nil && strings.HasPrefix(answer, "250-") {
				answer, err = c.ReadLine()
			}
			if err != nil || answer[0] > '3' {
				t.Fatalf("%q was answered %q, %v", line, answer, err)
			}
		}
		c.Close()
	}
}

func (p *prisoner) isNobodyElse(t *testing.T) {
	t.Helper()
	if p.user == "" {
		return
	}
	if os.Getuid() == 0 || os.Geteuid() == 0 || os.Getgid() == 0 {
		t.Error("it is root")
	}
	if groups, _ := os.Getgroups(); slices.Contains(groups, 0) || slices.Contains(groups, rootGroup) {
		t.Errorf("it is in the groups %v", groups)
	}
	if err := syscall.Setuid(0); err == nil {
		t.Error("it can become root again")
	}
	err := filepath.WalkDir(p.state, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
			t.Errorf("%s belongs to user %d", path, info.Sys().(*syscall.Stat_t).Uid)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// reloads: a configuration and a certificate that have been replaced are read; where the box makes
// its own, it makes one for the new name.
func (p *prisoner) reloads(t *testing.T, arrange func(string)) {
	t.Helper()
	before := p.cert.Fingerprint()
	arrange("two")
	if err := p.Reload(); err != nil {
		t.Errorf("reload: %v", err)
	}
	if got := p.rules.Load().config.Hostname; got != "two.home.arpa" {
		t.Errorf("the host is %s after the reload", got)
	}
	if p.cert.Fingerprint() == before {
		t.Error("the new certificate is not shown")
	}
}

// opensOff: a port that was taken at the start can still be opened, and by a reload.
func (p *prisoner) opensOff(t *testing.T, taken net.Listener) {
	t.Helper()
	port := taken.Addr().(*net.TCPAddr).Port
	if off := p.listeners.Off(); len(off) != 1 || !strings.Contains(off[0], " "+taken.Addr().String()+" ") {
		t.Fatalf("off are %v", off)
	}
	taken.Close()
	if err := p.tryPort(syscall.Bind, port); err != nil {
		t.Errorf("bind: %v", err)
	}
	if err := p.Reload(); err != nil {
		t.Errorf("reload: %v", err)
	}
	if off := p.listeners.Off(); len(off) != 0 {
		t.Errorf("after a reload off are %v", off)
	}
}

// cannotLeave: what is not the box's own is out of reach, from every thread.
func (p *prisoner) cannotLeave(t *testing.T) {
	t.Helper()
	outside := filepath.Join(p.folder, "outside")
	version := p.log.FilterMessage("confined to the state directory").All()[0].ContextMap()["landlock"].(int64)
	for name, try := range map[string]func() error{
		"read a file":   func() error { _, err := os.ReadFile("/etc/passwd"); return err },
		"list a folder": func() error { _, err := os.ReadDir("/"); return err },
		"make a file":   func() error { return os.WriteFile(outside, nil, 0o600) },
		"make a folder": func() error { return os.Mkdir(outside, 0o700) },
		"change the configuration": func() error {
			f, err := os.OpenFile(filepath.Join(p.etc(), "hostname"), os.O_WRONLY, 0)
			if err == nil {
				f.Close()
			}
			return err
		},
		"connect":        func() error { return p.plainTCP(syscall.Connect) },
		"listen":         func() error { return p.plainTCP(syscall.Bind) },
		"run a program":  func() error { return exec.Command(os.Args[0], "-test.run=^$").Run() },
		"make a symlink": func() error { return os.Symlink("/etc", filepath.Join(p.state, "link")) },
	} {
		if version < 4 && (name == "connect" || name == "listen") {
			continue // it knows no ports
		}
		for range 8 { // a few of the threads
			if err := try(); !errors.Is(err, os.ErrPermission) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(p.state, "inside"), nil, 0o600); err != nil {
		t.Errorf("in the state folder: %v", err)
	}
	os.Remove(filepath.Join(p.state, "inside"))
}

// plainTCP tries one call on a socket of TCP as it was before it had several paths: package net
// asks for those, which Landlock does not know.
func (p *prisoner) plainTCP(call func(fd int, addr syscall.Sockaddr) error) error {
	return p.tryPort(call, 1)
}

// tryPort is plainTCP with a port.
func (p *prisoner) tryPort(call func(fd int, addr syscall.Sockaddr) error, port int) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return call(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
}
