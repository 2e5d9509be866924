package autoconfig

import (
	"strconv"
	"strings"
)

// A document is XML that is being written. Elements are indented by two spaces, so that a person
// who opens the file can read it.
type document struct {
	b    strings.Builder
	open []string
}

const declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

func newDocument() *document {
	d := &document{}
	d.b.WriteString(declaration)
	return d
}

func (d *document) indent() {
	for range d.open {
		d.b.WriteString("  ")
	}
}

// begin opens an element. attributes are names and values in turn.
func (d *document) begin(name string, attributes ...string) {
	d.indent()
	d.b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		d.b.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
	}
	d.b.WriteString(">\n")
	d.open = append(d.open, name)
}

// end closes the element that was opened last.
func (d *document) end() {
	last := len(d.open) - 1
	name := d.open[last]
	d.open = d.open[:last]
	d.indent()
	d.b.WriteString("</" + name + ">\n")
}

// text writes an element that holds text alone.
func (d *document) text(name, value string) {
	d.indent()
	d.b.WriteString("<" + name + ">" + escape(value) + "</" + name + ">\n")
}

func (d *document) number(name string, value int) { d.text(name, strconv.Itoa(value)) }

// bytes closes what is open and returns the document.
func (d *document) bytes() []byte {
	for len(d.open) > 0 {
		d.end()
	}
	return []byte(d.b.String())
}

// escape returns a text as it stands in an element or an attribute in double quotes.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s { // an octet that is no UTF-8 is U+FFFD here
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&#34;")
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			b.WriteRune('\uFFFD') // XML 1.0 has no way to write these
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
