package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type serverKey struct{}

// A runningServer is the server of one script.
type runningServer struct {
	cmd   *exec.Cmd
	addrs map[string]string // key of the configuration → address

	mu      sync.Mutex
	said    strings.Builder
	awaited int           // how much of it was awaited
	more    chan struct{} // is closed and replaced when there is more
	ended   chan struct{}
}

// patience is how long a script waits for the server; a machine under load takes seconds.
const patience = 30 * time.Second

func boxOf(ts *testscript.TestScript) *runningServer { return ts.Value(serverKey{}).(*runningServer) }

func serverCommand(ts *testscript.TestScript, neg bool, args []string) {
	b := boxOf(ts)
	if neg || len(args) == 0 {
		ts.Fatalf("usage: server start|stop|kill|hangup|await")
	}
	switch args[0] {
	case "start":
		ts.Check(b.start(ts, args[1]))
	case "stop":
		ts.Check(b.cmd.Process.Signal(syscall.SIGTERM))
		<-b.ended
		fmt.Fprint(ts.Stdout(), b.said.String())
		if code := b.cmd.ProcessState.ExitCode(); code != 0 {
			ts.Fatalf("the server ended with %d", code)
		}
	case "kill":
		b.kill()
	case "hangup":
		ts.Check(b.cmd.Process.Signal(syscall.SIGHUP))
	case "await":
		ts.Check(b.await(args[1]))
	default:
		ts.Fatalf("server %s is not a command", args[0])
	}
}

// start starts a server and waits until it is ready.
func (b *runningServer) start(ts *testscript.TestScript, file string) error {
	program, err := lookPath(ts)
	if err != nil {
		return err
	}
	return b.launch(program, ts.Getenv("WORK"), ts.Getenv("HOME"), file)
}

// launch is start of a program in a folder.
func (b *runningServer) launch(program, folder, home, file string) error {
	b.cmd = exec.Command(program, "serve", "-config", file)
	b.cmd.Dir = folder
	b.cmd.Env = append(os.Environ(), "HOME="+home)
	out, err := b.cmd.StderrPipe()
	if err != nil {
		return err
	}
	b.addrs, b.more, b.ended = map[string]string{}, make(chan struct{}), make(chan struct{})
	b.said.Reset()
	b.awaited = 0
	if err := b.cmd.Start(); err != nil {
		return err
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			b.hear(lines.Text())
		}
		b.cmd.Wait()
		close(b.ended)
	}()
	return b.await(" ready ")
}

// lookPath finds the program, which testscript has put into the PATH of its scripts.
func lookPath(ts *testscript.TestScript) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(dir, "pillarbox")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no pillarbox in the PATH")
}

func (b *runningServer) hear(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said.WriteString(line + "\n")
	if _, rest, found := strings.Cut(line, " listening key="); found {
		key, addr, _ := strings.Cut(rest, " at=")
		if _, have := b.addrs[key]; !have {
			b.addrs[key] = addr
		}
	}
	close(b.more)
	b.more = make(chan struct{})
}

// await waits until the server has written text, since the last await.
func (b *runningServer) await(text string) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		b.mu.Lock()
		said, more := b.said.String(), b.more
		at := strings.Index(said[b.awaited:], text)
		if at >= 0 {
			b.awaited += at + len(text)
		}
		b.mu.Unlock()
		if at >= 0 {
			return nil
		}
		select {
		case <-more:
		case <-b.ended:
			return fmt.Errorf("the server has ended after:\n%s", b.said.String())
		case <-timer.C:
			return fmt.Errorf("the server has not written %q but:\n%s", text, said)
		}
	}
}

func (b *runningServer) kill() {
	if b.cmd == nil || b.cmd.Process == nil {
		return
	}
	b.cmd.Process.Kill()
	<-b.ended
}

// dial connects to a listener of the server and reads its greeting.
func (b *runningServer) dial(key string) (*textproto.Conn, error) {
	conn, err := textproto.Dial("tcp", b.addrs[key])
	if err != nil {
		return nil, err
	}
	_, err = conn.ReadLine()
	return conn, err
}

func deliverCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: deliver TO FILE")
	}
	conn, err := boxOf(ts).dial("smtp.listen")
	ts.Check(err)
	defer conn.Close()
	answer := ""
	for _, line := range []string{"HELO script", "MAIL FROM:<root>", "RCPT TO:<" + args[0] + ">", "DATA"} {
		ts.Check(conn.PrintfLine("%s", line))
		answer, err = conn.ReadLine()
		ts.Check(err)
		if answer[0] > '3' {
			break
		}
	}
	if answer[0] == '3' {
		w := conn.DotWriter()
		fmt.Fprint(w, ts.ReadFile(args[1]))
		ts.Check(w.Close())
		answer, err = conn.ReadLine()
		ts.Check(err)
	}
	fmt.Fprintln(ts.Stdout(), answer)
	if (answer[0] != '2') != neg {
		ts.Fatalf("answered %s", answer)
	}
}

func fetchCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: fetch USER [PASSWORD]")
	}
	user, password := args[0], passwordOf(args[0])
	if len(args) > 1 {
		password = args[1]
	}
	conn, err := boxOf(ts).dial("pop3.listen")
	ts.Check(err)
	defer conn.Close()
	say := func(line string) string {
		ts.Check(conn.PrintfLine("%s", line))
		answer, err := conn.ReadLine()
		ts.Check(err)
		return answer
	}
	say("USER " + user)
	answer := say("PASS " + password)
	if strings.HasPrefix(answer, "+OK") == neg {
		ts.Fatalf("the login was answered %s", answer)
	}
	if neg {
		fmt.Fprintln(ts.Stdout(), answer)
		return
	}
	var count, octets int
	if _, err := fmt.Sscanf(say("STAT"), "+OK %d %d", &count, &octets); err != nil {
		ts.Fatalf("STAT: %v", err)
	}
	fmt.Fprintf(ts.Stdout(), "%d messages\n", count)
	for n := range count {
		fmt.Fprintln(ts.Stdout(), say(fmt.Sprintf("UIDL %d", n+1)))
		say(fmt.Sprintf("RETR %d", n+1))
		lines, err := conn.ReadDotLines()
		ts.Check(err)
		fmt.Fprintln(ts.Stdout(), strings.Join(lines, "\n"))
	}
	say("QUIT")
}

// passwordOf returns the password that scripts give to the account of a user.
func passwordOf(user string) string {
	account, _, _ := strings.Cut(user, "+")
	return "secret of " + account
}
