package smtpd_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestThousandRecipients: RFC 5321 §4.5.3.1.8 requires 100 recipients; 1000 are accepted, and for
// one more the message has to be sent again.
func TestThousandRecipients(t *testing.T) {
	h := new(backend)
	server, _ := newServer(h)
	var text strings.Builder
	text.WriteString("EHLO client\r\nMAIL FROM:<>\r\n")
	for i := range 1001 {
		fmt.Fprintf(&text, "RCPT TO:<anna+%d@home.arpa>\r\n", i)
	}
	text.WriteString("DATA\r\nSubject: all\r\n\r\n.\r\nQUIT\r\n")
	replies := say(t, server, text.String())
	for i, reply := range replies[3:] {
		want := "250 2.1.5"
		switch i {
		case 1000:
			want = "452 4.5.3"
		case 1001:
			want = "354"
		case 1002:
			want = "250 2.0.0"
		case 1003:
			want = "221"
		}
		if !strings.HasPrefix(reply, want) {
			t.Fatalf("reply %d is %q, want %q", i, reply, want)
		}
	}
	if kept := h.messages(); len(replies) != 3+1004 || len(kept) != 1 {
		t.Errorf("%d replies, %d messages", len(replies), len(kept))
	}
}

// TestReceiptFails: a stored message stays stored if its receipt fails.
func TestReceiptFails(t *testing.T) {
	h := &backend{receipts: os.ErrPermission}
	server, logs := newServer(h)
	replies := say(t, server, "HELO x\r\nMAIL FROM:<bert@home.arpa>\r\nRCPT TO:<anna@home.arpa> NOTIFY=SUCCESS\r\nDATA\r\n\r\n.\r\n")
	if got := replies[len(replies)-1]; got != "250 2.0.0 OK: message stored" {
		t.Errorf("got %q", got)
	}
	if kept := h.messages(); len(kept) != 1 || kept[0].mailbox != "anna" {
		t.Errorf("kept %v", kept)
	}
	if n := logs.FilterMessage("delivering the receipt failed").Len(); n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}

// TestManyReceipts: the cost of receipts while a message arrives is limited.
func TestManyReceipts(t *testing.T) {
	h := new(backend)
	server, _ := newServer(h)
	var text strings.Builder
	text.WriteString("HELO x\r\nMAIL FROM:<bert@home.arpa>\r\n")
	for range 101 {
		text.WriteString("RCPT TO:<anna@home.arpa> NOTIFY=SUCCESS\r\n")
	}
	replies := say(t, server, text.String())
	if a, b := replies[len(replies)-2], replies[len(replies)-1]; a[:3] != "250" || b[:3] != "452" {
		t.Errorf("got %q, %q", a, b)
	}
}

// TestReceiptOfLongHeader: a receipt contains a limited part of the header, in whole lines.
func TestReceiptOfLongHeader(t *testing.T) {
	h := new(backend)
	server, _ := newServer(h)
	field := "X-Long: " + strings.Repeat("x", 90) + "\r\n"
	say(t, server, "HELO x\r\nMAIL FROM:<bert@home.arpa>\r\nRCPT TO:<anna@home.arpa> NOTIFY=SUCCESS\r\nDATA\r\n"+
		strings.Repeat(field, 1000)+"\r\n.\r\n")
	kept := h.messages()
	if len(kept) != 2 {
		t.Fatalf("%d messages", len(kept))
	}
	report := kept[1].wire
	if n := strings.Count(report, field); n < 150 || n > 16<<10/len(field) || strings.Count(report, "X-Long") != n {
		t.Errorf("%d whole fields, %d begun", n, strings.Count(report, "X-Long"))
	}
	if kept[1].shape.Octets+3 != int64(len(report))-int64(strings.Index(report, "From: Mail delivery")) {
		t.Errorf("%d octets were measured", kept[1].shape.Octets)
	}
}

// TestLongLines: a line beyond 998 octets is accepted, and the log has its length.
func TestLongLines(t *testing.T) {
	for _, octets := range []int64{998, 999, 100000} {
		h := new(backend)
		server, logs := newServer(h)
		line := strings.Repeat("x", int(octets))
		say(t, server, "HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\nA: b\r\n\r\n"+line+"\r\n.\r\n")
		if kept := h.messages(); len(kept) != 1 || !strings.HasSuffix(kept[0].wire, "\r\n\r\n"+line+"\r\n.\r\n") {
			t.Fatalf("%d octets: %d messages", octets, len(kept))
		}
		said := logs.FilterMessage("delivery committed").All()[0].ContextMap()["longest_line"]
		if octets > 998 && said != octets || octets <= 998 && said != nil {
			t.Errorf("%d octets: the log says %v", octets, said)
		}
	}
}

// TestLoop: a message with 100 Received lines is accepted; with one more it is a mail loop.
func TestLoop(t *testing.T) {
	for _, tt := range []struct {
		hops int
		want string
	}{{100, "250"}, {101, "554 5.4.6"}} {
		h := new(backend)
		server, _ := newServer(h)
		replies := say(t, server, "HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\nDATA\r\n"+
			strings.Repeat("Received: from a by b\r\n", tt.hops)+"\r\nReceived: in the body\r\n.\r\n")
		if got := replies[len(replies)-1]; !strings.HasPrefix(got, tt.want) {
			t.Errorf("%d hops: %q, want %s", tt.hops, got, tt.want)
		}
	}
}
