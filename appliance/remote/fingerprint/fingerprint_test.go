package fingerprint

import (
	"strings"
	"testing"
)

func sumOf(header string) (Sum, bool) {
	var w Writer
	w.Write([]byte(header))
	return w.Sum()
}

const usual = "Received: from a\r\nMessage-ID: <1@example.org>\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\nFrom: Jörg\r\n <joerg@example.org>\r\nSubject: Hello\r\n\r\nMessage-ID: <2@example.org>\r\n"

// TestSame: what servers and the way of a message change makes no difference.
func TestSame(t *testing.T) {
	want, ok := sumOf(usual)
	if !ok || want == (Sum{}) {
		t.Fatal("no fingerprint")
	}
	for name, header := range map[string]string{
		"LF":                        strings.ReplaceAll(usual, "\r\n", "\n"),
		"another trace":             strings.Replace(usual, "from a", "from b", 1),
		"another order":             "Subject: Hello\r\n" + strings.Replace(usual, "Subject: Hello\r\n", "", 1),
		"unfolded":                  strings.Replace(usual, "\r\n <joerg", " <joerg", 1),
		"letter case of the names":  strings.Replace(usual, "Message-ID", "Message-Id", 1),
		"replaced octets above 127": strings.Replace(usual, "ö", "\xf6\xf6", 1),
		"a field twice":             strings.Replace(usual, "\r\n\r\n", "\r\nSubject: Other\r\n\r\n", 1),
		"a body of its own":         usual + "more",
	} {
		if got, ok := sumOf(header); !ok || got != want {
			t.Errorf("%s: %x, want %x", name, got, want)
		}
	}
}

func TestDiffers(t *testing.T) {
	same, _ := sumOf(usual)
	for name, header := range map[string]string{
		"subject":    strings.Replace(usual, "Hello", "Hallo", 1),
		"message id": strings.Replace(usual, "<1@", "<3@", 1),
		"date":       strings.Replace(usual, "10:00", "10:01", 1),
		"no subject": strings.Replace(usual, "Subject: Hello\r\n", "", 1),
	} {
		if got, _ := sumOf(header); got == same {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
	if !same.Identifies() {
		t.Error("a header with Message-ID does not identify its message")
	}
}

// TestNoMessageID: a header without Message-ID has a fingerprint by its first Received field, which
// identifies no message.
func TestNoMessageID(t *testing.T) {
	without := strings.Replace(usual, "Message-ID: <1@example.org>\r\n", "", 1)
	want, ok := sumOf(without)
	if !ok || want.Identifies() {
		t.Errorf("the fingerprint is %x, %v; identifies: %v", want, ok, want.Identifies())
	}
	if got, _ := sumOf(strings.Replace(without, "\r\n\r\n", "\r\nReceived: from c\r\nX-UIDL: 1\r\n\r\n", 1)); got != want {
		t.Errorf("with what servers add: %x, want %x", got, want)
	}
	for _, change := range []string{"from a", "10:00", "Hello"} {
		if got, _ := sumOf(strings.Replace(without, change, "other", 1)); got == want {
			t.Errorf("without %q the fingerprint is the same", change)
		}
	}
	none, ok := sumOf(strings.Replace(without, "Received: from a\r\n", "", 1))
	if ok || none.Identifies() {
		t.Error("a header without Received as well has a fingerprint")
	}
}

func TestDate(t *testing.T) {
	var w Writer
	w.Write([]byte(usual))
	if got := w.Date(); got != "Mon, 30 Nov 2026 10:00:00 +0100" || !w.Ended() {
		t.Errorf("the date is %q, ended %v", got, w.Ended())
	}
}

// TestReceived: the date of the last server is behind the last semicolon of the first field.
func TestReceived(t *testing.T) {
	var w Writer
	w.Write([]byte("Received: from a (b; c)\r\n\tby d; Mon, 30 Nov 2026\r\n 10:00:00 +0100\r\nReceived: from e; 1 Jan 1990 00:00:00 +0000\r\n\r\n"))
	if got := w.Received(); got != "Mon, 30 Nov 2026 10:00:00 +0100" {
		t.Errorf("the date is %q", got)
	}
}

// FuzzSplit: however a header is cut, its fingerprint is the same.
func FuzzSplit(f *testing.F) {
	f.Add([]byte(usual), 40)
	f.Add([]byte("\r\r\n:\n Message-ID:\r\n\r\n"), 1)
	f.Fuzz(func(t *testing.T, header []byte, at int) {
		at = max(0, min(at, len(header)))
		var whole, cut Writer
		whole.Write(header)
		cut.Write(header[:at])
		cut.Write(header[at:])
		a, okA := whole.Sum()
		b, okB := cut.Sum()
		if a != b || okA != okB || whole.Date() != cut.Date() || whole.Received() != cut.Received() {
			t.Errorf("%q cut at %d: %x %v, %x %v", header, at, a, okA, b, okB)
		}
	})
}
