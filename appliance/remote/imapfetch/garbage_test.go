package imapfetch

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
)

// serveLarge runs a server that has a message of so many octets, and leaves next to nothing behind
// when it sends them.
func serveLarge(t *testing.T, octets int) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text, ended := bytes.Repeat([]byte("x"), octets), make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		for in := bufio.NewScanner(conn); in.Scan(); {
			tag, rest, _ := strings.Cut(in.Text(), " ")
			switch word, _, _ := strings.Cut(rest, " "); word {
			case "LIST":
				io.WriteString(conn, "* LIST () \"/\" INBOX\r\n")
			case "SELECT", "EXAMINE":
				io.WriteString(conn, "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n")
			case "UID":
				from, most := 0, 0
				_, partial, _ := strings.Cut(rest, "<")
				fmt.Sscanf(partial, "%d.%d", &from, &most)
				piece := text[min(from, octets):min(from+most, octets)]
				fmt.Fprintf(conn, "* 1 FETCH (UID 1 RFC822.SIZE %d BODY[]<%d> {%d}\r\n", octets, from, len(piece))
				conn.Write(piece)
				io.WriteString(conn, ")\r\n")
			}
			fmt.Fprintf(conn, "%s OK done\r\n", tag)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return l.Addr().String()
}

// TestGarbage: a message of 49 MiB leaves so little behind that the garbage need not be collected
// meanwhile. The child has 2 MiB until then, see child.Main.
func TestGarbage(t *testing.T) {
	const octets, bound = 49 << 20, 512 << 10
	m, err := openIMAP(t, serveLarge(t, octets), anna, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	defer m.client.Close()
	m.folders[0].validity = 7
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var got counter
	if err := m.Fetch(1, 0, &got); err != nil || got != octets {
		t.Fatalf("%d octets, %v", got, err)
	}
	runtime.ReadMemStats(&after)
	if left := after.TotalAlloc - before.TotalAlloc; left > bound {
		t.Errorf("a message of %d octets leaves %d octets behind, want at most %d", octets, left, bound)
	} else {
		t.Logf("a message of %d octets leaves %d octets behind", octets, left)
	}
}

// A counter counts octets.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
