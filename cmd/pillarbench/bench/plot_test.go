package bench

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

// The plot is XML, has a bar for each figure, the smallest first, and leaves out panels without
// figures.
func TestPlot(t *testing.T) {
	const noted = "login 10000 next\tpopa3d\tCPU ms\t9\nlogin 10000 next\tpillarbox\tCPU ms\t7\nlogin 10000 next\tpillarbox\tCPU ms\t3\nretr 4 KiB plain 1 1\tfloor\tMB / s\t12\n"
	figures, err := readNotes(strings.NewReader(noted))
	if err != nil {
		t.Fatal(err)
	}
	var svg strings.Builder
	if err := draw(&svg, figures); err != nil {
		t.Fatal(err)
	}
	decoder, texts := xml.NewDecoder(strings.NewReader(svg.String())), []string(nil)
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			texts = append(texts, string(text))
		}
	}
	const want = "Login, STAT, LIST, UIDL, 10,000 messages: CPU ms|pillarbox|3.0|popa3d|9.0"
	if got := strings.Join(texts, "|"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadNotes(t *testing.T) {
	for _, text := range []string{"a\tb\tc\n", "a\tb\tc\td\n"} {
		if _, err := readNotes(strings.NewReader(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
