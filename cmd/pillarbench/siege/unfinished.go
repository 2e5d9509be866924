package siege

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strings"
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
