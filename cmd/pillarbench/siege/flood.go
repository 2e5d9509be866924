package siege

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

const (
	unfinishedMessages = 17
	// unfinishedOctets is the size of each message when it stops: together most of a spool of 64
	// MiB.
	unfinishedOctets = 3400 << 10
	// tricklePause is the time between two octets after that.
	tricklePause = 5 * time.Second
)

// unfinished begins large messages from one address and does not end them.
func unfinished(ctx context.Context, t Target, c *Counts) {
	together(unfinishedMessages, func(int) {
		for ctx.Err() == nil {
			begin(ctx, t, c)
			pause(ctx, 100*time.Millisecond)
		}
	})
}

// begin sends a message until the server closes the connection.
func begin(ctx context.Context, t Target, c *Counts) {
	conn := connect(ctx, c, stranger(0), t.SMTP)
	if conn == nil {
		return
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for _, command := range []string{"", "EHLO siege.home.arpa", "MAIL FROM:<siege@home.arpa>", "RCPT TO:<" + t.Account + "@home.arpa>", "DATA"} {
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		if command != "" {
			fmt.Fprintf(conn, "%s\r\n", command)
		}
		if code := replyCode(in); code == "" || code[0] > '3' {
			return
		}
	}
	line := append(bytes.Repeat([]byte("x"), 1022), "\r\n"...)
	for range unfinishedOctets / len(line) {
		if _, err := conn.Write(line); err != nil {
			return
		}
	}
	for ctx.Err() == nil {
		pause(ctx, tricklePause)
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := conn.Write([]byte("x")); err != nil {
			return
		}
	}
}

// replyCode reads an SMTP reply and returns its code, or "" if the connection ended.
func replyCode(in *bufio.Reader) string {
	for {
		line, err := in.ReadString('\n')
		if err != nil || len(line) < 4 {
			return ""
		}
		if !strings.HasPrefix(line[3:], "-") {
			return line[:3]
		}
	}
}

const (
	floodConnections = 16
	// floodPipelined is how many messages a connection sends before it reads the replies (RFC
	// 2920).
	floodPipelined = 50
	floodPatience  = 30 * time.Second
)

// A Flood delivers messages of two octets, the smallest possible, until the server rejects them.
type Flood struct {
	SMTP      string // address
	Recipient string // of each message
	Most      int64  // number of accepted messages after which it ends

	accepted atomic.Int64
	refused  atomic.Pointer[string] // the first reply that rejected a message
}

// Accepted returns how many messages were accepted.
func (f *Flood) Accepted() int64 { return f.accepted.Load() }

// Refusal returns the reply that ended the flood, or "".
func (f *Flood) Refusal() string {
	if line := f.refused.Load(); line != nil {
		return *line
	}
	return ""
}

// Run floods until a message is rejected, Most are accepted, or the context ends.
func (f *Flood) Run(ctx context.Context) error {
	failures := make(chan error, floodConnections)
	together(floodConnections, func(int) { failures <- f.pour(ctx) })
	var first error
	for range floodConnections {
		if err := <-failures; first == nil {
			first = err
		}
	}
	if f.Refusal() != "" || ctx.Err() != nil {
		return nil // errors of other connections no longer matter
	}
	return first
}

// pour floods over one connection.
func (f *Flood) pour(ctx context.Context) error {
	conn, err := net.DialTimeout("tcp", f.SMTP, floodPatience)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	conn.SetDeadline(time.Now().Add(floodPatience))
	if _, err := in.ReadString('\n'); err != nil {
		return err
	}
	fmt.Fprint(conn, "EHLO x\r\n") // a short name, because each message stores it
	if code := replyCode(in); code != "250" {
		return fmt.Errorf("EHLO: %s", code)
	}
	batch := bytes.Repeat(fmt.Appendf(nil, "MAIL FROM:<>\r\nRCPT TO:<%s>\r\nBDAT 2 LAST\r\n\r\n", f.Recipient), floodPipelined)
	for ctx.Err() == nil && f.refused.Load() == nil && f.accepted.Load() < f.Most {
		conn.SetDeadline(time.Now().Add(floodPatience))
		if _, err := conn.Write(batch); err != nil {
			return err
		}
		for reply := range 3 * floodPipelined {
			line, err := in.ReadString('\n')
			if err != nil {
				return err
			}
			switch {
			case strings.HasPrefix(line, "4"), strings.HasPrefix(line, "5"):
				line = strings.TrimSpace(line)
				f.refused.CompareAndSwap(nil, &line)
			case reply%3 == 2:
				f.accepted.Add(1)
			}
		}
	}
	return nil
}
