package board

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A transcript is the output so far. Callers can wait for more.
type transcript struct {
	mu    sync.Mutex
	text  []byte
	read  int           // how much of it await has searched
	more  chan struct{} // closed and replaced when text grows
	ended bool
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

// copy appends all output of r.
func (t *transcript) copy(r io.Reader) {
	buffer := make([]byte, 4096)
	for {
		n, err := r.Read(buffer)
		t.add(buffer[:n], err != nil)
		if err != nil {
			return
		}
	}
}

func (t *transcript) add(p []byte, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.ended = t.ended || ended
	close(t.more)
	t.more = make(chan struct{})
}

// await returns the next line that contains the text, and skips lines before it. It returns an
// error if no more output can come.
func (t *transcript) await(ctx context.Context, text string) (string, error) {
	for {
		t.mu.Lock()
		line, found := t.next(text)
		more, ended := t.more, t.ended
		t.mu.Unlock()
		switch {
		case found:
			return line, nil
		case ended:
			return "", fmt.Errorf("no %q was said until the end", text)
		}
		select {
		case <-more:
		case <-ctx.Done():
			return "", fmt.Errorf("no %q was said: %w", text, context.Cause(ctx))
		}
	}
}

// next searches the complete lines that are left.
func (t *transcript) next(text string) (string, bool) {
	for {
		line, _, whole := strings.Cut(string(t.text[t.read:]), "\n")
		if !whole {
			return "", false
		}
		t.read += len(line) + 1
		if strings.Contains(line, text) {
			return strings.TrimRight(line, "\r"), true
		}
	}
}

// tail returns the last octets of the output.
func (t *transcript) tail() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, len(t.text)-4000):])
}

// A monitor is a connection to QEMU's machine protocol (docs/interop/qmp-spec): each message is a
// line of JSON. It is queried for the ports once, and then read for events, whose lines begin
// with the time or the name of the event.
type monitor struct {
	conn net.Conn
	said *transcript
	done chan struct{}
}

// monitorPatience is how long QEMU may take to make its socket, and to reply.
const monitorPatience = time.Minute

// dialMonitor waits for the socket and ends the capabilities negotiation.
func dialMonitor(path string, gone <-chan struct{}) (*monitor, error) {
	var conn net.Conn
	for deadline := time.Now().Add(monitorPatience); ; {
		var err error
		if conn, err = net.Dial("unix", path); err == nil {
			break
		}
		select {
		case <-gone:
			return nil, fmt.Errorf("the emulator ended at once")
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return nil, err
		}
	}
	os.Remove(path) // no other client can connect
	m := &monitor{conn, newTranscript(), make(chan struct{})}
	go func() {
		defer close(m.done)
		m.said.copy(conn)
	}()
	if _, err := conn.Write([]byte(`{"execute":"qmp_capabilities"}` + "\n")); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// pattern returns a text that the line of an event contains.
func pattern(event string) string { return `"event": "` + event + `"` }

// forwarding matches a row of QEMU's table of the user network: the host's port and the guest's.
var forwarding = regexp.MustCompile(`TCP\[HOST_FORWARD\] +\d+ +127\.0\.0\.1 +(\d+) +10\.0\.2\.15 +(\d+) `)

// forwarded queries the addresses that QEMU has chosen for the ports of the guest. Only QEMU can
// choose them, because another program may take a port that was free a moment ago.
func (m *monitor) forwarded(ports []int) (map[int]string, error) {
	if _, err := m.conn.Write([]byte(`{"execute":"human-monitor-command","arguments":{"command-line":"info usernet"}}` + "\n")); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), monitorPatience)
	defer cancel()
	table, err := m.said.await(ctx, `"return": "`)
	if err != nil {
		return nil, err
	}
	addresses := map[int]string{}
	for _, row := range forwarding.FindAllStringSubmatch(table, -1) {
		port, _ := strconv.Atoi(row[2])
		addresses[port] = "127.0.0.1:" + row[1]
	}
	for _, port := range ports {
		if addresses[port] == "" {
			return nil, fmt.Errorf("port %d is not forwarded: %s", port, table)
		}
	}
	return addresses, nil
}

func (m *monitor) close() {
	m.conn.Close()
	<-m.done
}
