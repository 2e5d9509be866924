package smtpd_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// TestBeginningOfAMessage sends messages whole and octet by octet, in DATA, in a chunk and in
// chunks of one octet, by SMTP and by LMTP, and compares what is stored after the trace.
func TestBeginningOfAMessage(t *testing.T) {
	const separator = "From anna@home.arpa Mon Nov 30 13:00:00 2026"
	rest := "Subject: x\r\n\r\nbody\r\n"
	tests := []struct{ name, in, want string }{
		{"a header", rest, rest},
		{"a blank line first", "\r\nbody\r\n", "\r\nbody\r\n"},
		{"a blank before the colon", "Subject : x\r\n\r\nbody\r\n", "Subject : x\r\n\r\nbody\r\n"},
		{"no header", "hello, this is no header\r\n", "\r\nhello, this is no header\r\n"},
		{"one word", "hello\r\n", "\r\nhello\r\n"},
		{"no header, 8 bit", "h\xffllo: x\r\n", "\r\nh\xffllo: x\r\n"},
		{"a very long name", strings.Repeat("x", 300) + ": y\r\n\r\n", strings.Repeat("x", 300) + ": y\r\n\r\n"},

		{"a separator line", separator + "\r\n" + rest, rest},
		{"one without a date", "From anna\r\n" + rest, rest},
		{"one that is quoted", ">" + separator + "\r\n" + rest, rest},
		{"one after the other", separator + "\r\n>" + separator + " remote from x\r\n" + rest, rest},
		{"one that ends in LF", separator + "\n" + rest, rest},
		{"one with stray CRs and a zero octet", "From \rx\r\r\x00y\r\n" + rest, rest},
		{"one and a blank line", separator + "\r\n\r\nbody\r\n", "\r\nbody\r\n"},
		{"one and no header", separator + "\r\nDear Anna,\r\n", "\r\n" + separator + "\r\nDear Anna,\r\n"},
		{"one alone", separator + "\r\n", "\r\n" + separator + "\r\n"},
		{"a sentence", "From here on\r\nall is well.\r\n", "\r\nFrom here on\r\nall is well.\r\n"},
		{"the field From", "From: anna\r\n" + rest, "From: anna\r\n" + rest},
		{"the field From with a blank", "From  : anna\r\n" + rest, "From  : anna\r\n" + rest},
		{"a field whose name begins like it", "Fro-m: anna\r\n" + rest, "Fro-m: anna\r\n" + rest},
		{"a quoted field", ">From: anna\r\n" + rest, ">From: anna\r\n" + rest},
		{"one behind the header", rest + separator + "\r\n", rest + separator + "\r\n"},
		{"one in the header", "A: b\r\n" + separator + "\r\n" + rest, "A: b\r\n" + separator + "\r\n" + rest},
		{"one that is too long", "From " + strings.Repeat("x", 3000) + "\r\n" + rest, "\r\nFrom " + strings.Repeat("x", 3000) + "\r\n" + rest},

		{"zero octets", "Subject: \x00x\r\n\x00\r\n\r\na\x00\x00b\r\n", "Subject:  x\r\n \r\n\r\na  b\r\n"},
		{"a zero octet first", "\x00Subject: x\r\n", "\r\n Subject: x\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := strings.ReplaceAll("\n"+tt.in, "\n.", "\n..")[1:] + ".\r\n"
			bits := ""
			for _, c := range []byte(tt.in) {
				bits += "BDAT 1\r\n" + string([]byte{c})
			}
			for way, content := range map[string]string{
				"DATA":          "DATA\r\n" + data,
				"a chunk":       fmt.Sprintf("BDAT %d LAST\r\n%s", len(tt.in), tt.in),
				"octet by one":  bits + "BDAT 0 LAST\r\n",
				"a chunk first": fmt.Sprintf("BDAT %d\r\n%sBDAT 0 LAST\r\n", len(tt.in), tt.in),
			} {
				for _, lmtp := range []bool{false, true} {
					for _, step := range []int{1, 1 << 20} {
						if got := storedBody(t, lmtp, content, step); got != tt.want {
							t.Errorf("%s, LMTP %v, %d octets at a time: stored %q, want %q", way, lmtp, step, got, tt.want)
						}
					}
				}
			}
		})
	}
}

// TestSeparatorIsNoEnd sends a line with a dot alone after a separator line that ends in a bare LF:
// it ends nothing, and what follows it is not a command.
func TestSeparatorIsNoEnd(t *testing.T) {
	evil := "From x\n.\r\nMAIL FROM:<evil@example.org>\r\n"
	for _, in := range []string{evil, evil + "Subject: x\r\n", "From x\nFrom y\n.\r\nRSET\r\n"} {
		for _, step := range []int{1, 1 << 20} {
			got := storedBody(t, false, "DATA\r\n"+in+".\r\n", step)
			if !strings.Contains(got, "\r\n.\r\n") || !strings.HasSuffix(got, in[strings.Index(in, ".\r\n"):]) {
				t.Errorf("%q, %d at a time: stored %q", in, step, got)
			}
		}
	}
}

// storedBody sends one message in pieces of step octets, and returns what is stored of it after the
// trace. It checks the measured shape.
func storedBody(t *testing.T, lmtp bool, content string, step int) string {
	t.Helper()
	h := new(backend)
	server, _ := newServer(h)
	server.LMTP = lmtp
	server.Limits.Commands = 1 << 20
	hello := "EHLO client\r\n"
	if lmtp {
		hello = "LHLO client\r\n"
	}
	client, conn := net.Pipe()
	over := make(chan error, 1)
	go func() { over <- server.ServeConn(t.Context(), conn, false) }()
	go io.Copy(io.Discard, client)
	for rest := hello + "MAIL FROM:<>\r\nRCPT TO:<anna>\r\n" + content + "QUIT\r\n"; rest != ""; {
		n := min(step, len(rest))
		if _, err := client.Write([]byte(rest[:n])); err != nil {
			t.Fatalf("the session ended before %q", rest)
		}
		rest = rest[n:]
	}
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	kept := h.messages()
	if len(kept) != 1 {
		t.Fatalf("%d messages stored", len(kept))
	}
	_, body, found := strings.Cut(kept[0].wire, "Tue, 24 Nov 2026 13:00:00 +0100\r\n")
	body, closed := strings.CutSuffix(body, ".\r\n")
	if !found || !closed {
		t.Fatalf("stored %q", kept[0].wire)
	}
	text := strings.ReplaceAll("\n"+body, "\n.", "\n")[1:] // out of wire form
	_, head, _ := strings.Cut(kept[0].wire, "Delivered-To: <anna@mail.home.arpa>\r\n")
	head, _, _ = strings.Cut(head, "\r\n\r\n")
	shape := kept[0].shape
	trace := int64(len(kept[0].wire) - len(body) - len(".\r\n") - len("Return-Path: <>\r\nDelivered-To: <anna@mail.home.arpa>\r\n"))
	if want := trace + int64(len(text)); shape.Octets != want || shape.Stored != trace+int64(len(body))+3 {
		t.Errorf("measured %+v, want %d octets, %d stored", shape, want, trace+int64(len(body))+3)
	}
	if want := int64(len(head) + 4); strings.Contains(body, "\r\n\r\n") && shape.Header != want {
		t.Errorf("measured a header of %d octets, want %d", shape.Header, want)
	}
	return text
}
