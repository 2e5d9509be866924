// Package qr draws QR codes: as SVG for a page, and as text for a terminal.
//
// The code itself is made by rsc.io/qr/coding. A code is always dark on light with a quiet zone of
// four modules, whatever the colours of the page or the terminal are, because many cameras do not
// read an inverted code. It holds bytes, with error correction level L: a screen is clean, and
// fewer modules are read from farther away.
package qr

import (
	"errors"
	"strconv"
	"strings"

	"rsc.io/qr/coding"
)

// quiet is the width of the light border in modules (ISO/IEC 18004).
const quiet = 4

// ErrTooLong is returned for a text that fits into no code.
var ErrTooLong = errors.New("the text is too long for a QR code")

// A Code is a QR code with its quiet zone.
type Code struct{ code *coding.Code }

// New returns the smallest code that holds text.
func New(text string) (Code, error) {
	content := coding.String(text)
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		if content.Bits(v) > v.DataBytes(coding.L)*8 {
			continue
		}
		plan, err := coding.NewPlan(v, coding.L, 0)
		if err != nil {
			return Code{}, err
		}
		code, err := plan.Encode(content)
		return Code{code}, err
	}
	return Code{}, ErrTooLong
}

// Size returns the width of the code in modules, quiet zone included.
func (c Code) Size() int { return c.code.Size + 2*quiet }

// Dark reports whether a module is dark; what is outside of the code is not.
func (c Code) Dark(x, y int) bool {
	x, y = x-quiet, y-quiet
	return x >= 0 && y >= 0 && x < c.code.Size && y < c.code.Size && c.code.Black(x, y)
}

// SVG returns the code as an element of HTML. label is its text for readers of the screen; it must
// not need escaping. A row is drawn as the runs of its dark modules.
func (c Code) SVG(label string) string {
	var b strings.Builder
	size := strconv.Itoa(c.Size())
	b.WriteString(`<svg class="qr" viewBox="0 0 ` + size + " " + size + `" role="img" aria-label="` + label +
		`" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h` + size + "v" + size + `H0z"/><path fill="#000" d="`)
	for y := range c.Size() {
		for x := 0; x < c.Size(); x++ {
			run := 0
			for c.Dark(x+run, y) {
				run++
			}
			if run > 0 {
				b.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(run) + "v1h-" + strconv.Itoa(run) + "z")
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}

// The colours of a code on a terminal: dark on light, also on a dark terminal.
const (
	colours = "\x1b[30;107m"
	plain   = "\x1b[0m"
)

// Text returns the code for a terminal with colours and Unicode. A character is two modules,
// one above the other.
func (c Code) Text() string {
	const none, upper, lower, both = " ", "▀", "▄", "█"
	var b strings.Builder
	for y := 0; y < c.Size(); y += 2 {
		b.WriteString(colours)
		for x := range c.Size() {
			switch above, below := c.Dark(x, y), c.Dark(x, y+1); {
			case above && below:
				b.WriteString(both)
			case above:
				b.WriteString(upper)
			case below:
				b.WriteString(lower)
			default:
				b.WriteString(none)
			}
		}
		b.WriteString(plain + "\n")
	}
	return b.String()
}
