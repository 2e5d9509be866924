// Package bare is a bare server, the lower bound that benchmarks compare with. It has one
// message and makes only the system calls that no server can do without: "pillarbench floor" runs
// it in a process of its own.
package bare

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"

	"pillarbox/cmd/pillarbench/client"
)

// A Server is a bare server in a process of its own.
type Server struct {
	command   *exec.Cmd
	addresses map[string]string // by port: plain, tls, intake
}

// Start runs this program again with the subcommand floor.
func Start(args ...string) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f := &Server{command: exec.Command(self, append([]string{"floor"}, args...)...), addresses: map[string]string{}}
	f.command.Stderr = os.Stderr
	stdin, err := f.command.StdinPipe() // the process ends when it is closed
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
		f.addresses[word] = address
	}
	stdin.Close()
	return nil, errors.Join(errors.New("the bare server did not start"), f.command.Wait())
}

// Address returns the address of a port: "plain" and "tls" of a server started with -body,
// "intake" of one started with -spool.
func (f *Server) Address(word string) string { return f.addresses[word] }

func (f *Server) Process() int { return f.command.Process.Pid }

func (f *Server) Stop() {
	f.command.Process.Kill()
	f.command.Wait() // "signal: killed"
}

// Connect opens a connection that accepts messages.
func (f *Server) Connect() (*client.Sender, error) {
	conn, err := net.DialTimeout("tcp", f.addresses["intake"], client.Patience)
	if err != nil {
		return nil, err
	}
	return client.NewSender(conn), nil
}

// listen serves connections on a free loopback port, whose name and address it prints.
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
