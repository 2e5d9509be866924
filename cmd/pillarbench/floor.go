package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
)

// A floor is what the machine allows: a bare server in a process of its own, which knows one mail and does no more than
// the system calls that nobody can do without.
type floor struct {
	command *exec.Cmd
	at      map[string]string // address by word: plain, tls, intake
}

// startFloor runs this program again as a floor.
func startFloor(args ...string) (*floor, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &floor{command: exec.Command(self, append([]string{"floor"}, args...)...), at: map[string]string{}}
	f.command.Stderr = os.Stderr
	stdin, err := f.command.StdinPipe() // its end is the floor's
	if err != nil {
		return nil, err
	}
	printed, err := f.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := f.command.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		word, address, _ := strings.Cut(lines.Text(), " ")
		if word == "ready" {
			return f, nil
		}
		f.at[word] = address
	}
	stdin.Close()
	return nil, errors.Join(errors.New("the floor did not start"), f.command.Wait())
}

func (f *floor) process() int { return f.command.Process.Pid }

func (f *floor) stop() {
	f.command.Process.Kill()
	f.command.Wait() // "signal: killed"
}

// connect opens a connection that takes letters in.
func (f *floor) connect() (*sender, error) {
	conn, err := net.DialTimeout("tcp", f.at["intake"], patience)
	if err != nil {
		return nil, err
	}
	return &sender{conn: conn, in: bufio.NewReader(conn)}, nil
}

// runFloor is the subcommand: it serves until its standard input ends.
func runFloor(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("pillarbench floor", flag.ContinueOnError)
	body := flags.String("body", "", "a `file` with the stored bytes of a mail, which each RETR is answered with")
	spool := flags.String("spool", "", "a `file` to write mail into")
	if err := parse(flags, args); err != nil {
		return err
	}
	var err error
	switch {
	case *body != "":
		err = serveBody(*body, out)
	case *spool != "":
		err = serveIntake(*spool, out)
	default:
		return errUsage
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// listen serves each connection on a free port of loopback, and prints where.
func listen(out io.Writer, word string, serve func(net.Conn)) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, word, l.Addr())
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return nil
}
