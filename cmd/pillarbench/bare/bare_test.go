package bare

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// addressOf returns the address that the server printed for a port.
func addressOf(t *testing.T, printed, word string) string {
	t.Helper()
	for line := range strings.Lines(printed) {
		if address, ok := strings.CutPrefix(line, word+" "); ok {
			return strings.TrimSpace(address)
		}
	}
	t.Fatalf("no %s in %q", word, printed)
	return ""
}

// The bare server sends what a Fetcher expects, plain and over TLS, copied and by sendfile.
func TestFetchFromFloor(t *testing.T) {
	for _, octets := range []int{200, 40 << 10, 3 << 20} {
		body := filepath.Join(t.TempDir(), "body")
		stored := client.Message{Number: 1, Octets: octets}.Wire()
		if err := os.WriteFile(body, stored, 0o600); err != nil {
			t.Fatal(err)
		}
		var printed bytes.Buffer
		if err := ServeBody(body, &printed); err != nil {
			t.Fatal(err)
		}
		for _, way := range []string{"plain", "tls"} {
			c, err := client.DialFetchers(addressOf(t, printed.String(), way), way == "tls", "", 2, 1)
			if err != nil {
				t.Fatalf("%d octets, %s: %v", octets, way, err)
			}
			messages, got, err := c.Fetch(10*time.Millisecond, 5)
			if err != nil || messages%5 != 0 || messages == 0 || got <= int64(messages*len(stored)) {
				t.Errorf("%d octets, %s: %d messages, %d octets, %v", octets, way, messages, got, err)
			}
			c.Close()
		}
	}
}

// Acknowledged messages are in the file of the server, each on a page boundary.
func TestFloorIntake(t *testing.T) {
	spool := filepath.Join(t.TempDir(), "spool")
	var printed bytes.Buffer
	if err := ServeIntake(spool, &printed); err != nil {
		t.Fatal(err)
	}
	f := &Server{addresses: map[string]string{"intake": addressOf(t, printed.String(), "intake")}}
	wires := [][]byte{client.Message{Number: 1, Octets: 300}.Wire(), client.Message{Number: 2, Octets: 200 << 10}.Wire()}
	s, err := f.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, wire := range wires {
		if err := s.DeliverWire(wire, true); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(spool)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(kept, wires[0]) || !bytes.HasPrefix(kept[intakePage:], wires[1]) {
		t.Errorf("the messages are not where they belong: %q", client.Head(kept))
	}
}
