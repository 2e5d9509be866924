package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// addressOf returns what a floor printed behind a word.
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

// The bare server and the fetcher agree, plain and by TLS, copied and sent by the kernel, pipelined and not.
func TestFetchFromFloor(t *testing.T) {
	for _, octets := range []int{200, 40 << 10, 3 << 20} {
		body := filepath.Join(t.TempDir(), "body")
		stored := letter{1, octets}.wire()
		if err := os.WriteFile(body, stored, 0o600); err != nil {
			t.Fatal(err)
		}
		var printed bytes.Buffer
		if err := serveBody(body, &printed); err != nil {
			t.Fatal(err)
		}
		for _, way := range []string{"plain", "tls"} {
			c, err := gather(addressOf(t, printed.String(), way), way == "tls", "", 2, 1)
			if err != nil {
				t.Fatalf("%d octets, %s: %v", octets, way, err)
			}
			mails, got, err := c.fetch(10*time.Millisecond, 5)
			if err != nil || mails%5 != 0 || mails == 0 || got <= int64(mails*len(stored)) {
				t.Errorf("%d octets, %s: %d mails, %d octets, %v", octets, way, mails, got, err)
			}
			c.close()
		}
	}
}

// A reply that does not end in the dot is no mail.
func TestFetchCutShort(t *testing.T) {
	body := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(body, []byte("Subject: x\r\n\r\nx\r\n.\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := serveBody(body, &printed); err != nil {
		t.Fatal(err)
	}
	f, err := dialFetcher(addressOf(t, printed.String(), "plain"), false, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	f.lengths[0]--
	if _, err := f.fetch(1); err == nil || !strings.Contains(err.Error(), "ends with") {
		t.Errorf("got %v, want an error about the end", err)
	}
}

// What the bare intake has answered lies in its file, on whole pages.
func TestFloorIntake(t *testing.T) {
	spool := filepath.Join(t.TempDir(), "spool")
	var printed bytes.Buffer
	if err := serveIntake(spool, &printed); err != nil {
		t.Fatal(err)
	}
	bare := &floor{at: map[string]string{"intake": addressOf(t, printed.String(), "intake")}}
	wires := [][]byte{letter{1, 300}.wire(), letter{2, 200 << 10}.wire()}
	s, err := bare.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, wire := range wires {
		if err := s.hand(wire, true); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(spool)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(kept, wires[0]) || !bytes.HasPrefix(kept[intakePage:], wires[1]) {
		t.Errorf("the mails are not where they belong: %q", head(kept))
	}
}
