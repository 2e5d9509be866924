package outbound

import (
	"strings"
	"testing"
)

func TestHead(t *testing.T) {
	for _, h := range []Head{
		{ID: "mzk5w7q2tn4a", Account: "anna-gmail", To: "bob@example.org"},
		{ID: "mzk5w7q2tn4a", Account: "a", To: `"b b"@example.org`, Wishes: Wishes{Notify: "SUCCESS,FAILURE", Return: "HDRS", Original: "rfc822;b b%@x", EnvelopeID: "a=b c%41"}},
		{ID: "mzk5w7q2tn4a", Account: "a", To: "jürgen@example.org", Wishes: Wishes{Original: "utf-8;jürgen@example.org"}},
	} {
		text, err := h.Append([]byte("before"))
		if err != nil {
			t.Errorf("%+v: %v", h, err)
			continue
		}
		again, n, err := ParseHead(append(text[6:], "Subject: x\r\n"...))
		if err != nil || again != h || n != len(text)-6 {
			t.Errorf("%q is read as %+v, %d, %v", text, again, n, err)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(text[6:]), "\r\n"), "\r\n") {
			if name, _, ok := strings.Cut(line, ":"); !ok || strings.ContainsAny(name, " \t") {
				t.Errorf("%q is no header field", line)
			}
		}
	}
}

// TestBadHead: nothing that would read differently is stored.
func TestBadHead(t *testing.T) {
	good := Head{ID: "mzk5w7q2tn4a", Account: "a", To: "bob@example.org"}
	for name, spoil := range map[string]func(*Head){
		"short ID":        func(h *Head) { h.ID = "x" },
		"no account":      func(h *Head) { h.Account = "" },
		"account of two":  func(h *Head) { h.Account = "a b" },
		"no recipient":    func(h *Head) { h.To = "" },
		"a line more":     func(h *Head) { h.To = "a@b\r\nX: y" },
		"a bare CR":       func(h *Head) { h.To = "a@b\r" },
		"not UTF-8":       func(h *Head) { h.To = "\xff@b" },
		"much too long":   func(h *Head) { h.To = strings.Repeat("x", maxHead) },
		"account newline": func(h *Head) { h.Account = "a\n" },
	} {
		h := good
		spoil(&h)
		if text, err := h.Append(nil); err == nil || len(text) > 0 {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// FuzzHead: any octets are refused, or are a head that is read again as the same.
func FuzzHead(f *testing.F) {
	h := Head{ID: "mzk5w7q2tn4a", Account: "a", To: "bob@example.org", Wishes: Wishes{Notify: "NEVER", EnvelopeID: "a%b"}}
	text, _ := h.Append(nil)
	f.Add(text)
	f.Add([]byte("X-Pillarbox-Queue: mzk5w7q2tn4a a\r\nX-Pillarbox-To: b\r\nX-Pillarbox-Report: notify=%4\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, n, err := ParseHead(text)
		if err != nil {
			return
		}
		if n > len(text) || strings.ContainsAny(h.To+h.Account+h.ID, "\r\n\x00") {
			t.Fatalf("%q is read as %+v, %d", text, h, n)
		}
		again, err := h.Append(nil)
		if err != nil {
			return // longer than what was read, by quoting
		}
		if h2, _, err := ParseHead(again); err != nil || h2 != h {
			t.Errorf("%+v becomes %+v, %v", h, h2, err)
		}
	})
}
