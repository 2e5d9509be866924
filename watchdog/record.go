package watchdog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// MostResets is how many resets in a row, with no SettleTime of proofs between two of them, are one too many: then the box only reads.
	MostResets = 3
	// MostSoft is how often in one boot this program ends by itself, for its supervisor to start it again, before the hardware has
	// its turn.
	MostSoft = 2
)

// A Record is what outlives a reset: why there was one, and how many there were. It is written when something happens, never by the
// clock. The zero Record is that of a box that was always well.
type Record struct {
	Boot     string // the boot that it was written in, as the kernel names it
	Resets   int    // in a row
	Soft     int    // soft steps in that boot
	Withheld bool   // the feed of a hardware watchdog was withheld in that boot
	Clean    bool   // the run before came to an orderly end
	At       string // when the reason was written, by a clock that may be wrong
	Reason   string // of the last one; in one line
}

// Began returns the record for a start: what another boot has left is judged by wasReset, what the device says. changed: it has to
// be kept.
func (r Record) Began(boot string, wasReset bool) (now Record, changed bool) {
	if r.Boot == boot || r == (Record{}) && !wasReset {
		now = r
		now.Clean = false
		return now, now != r
	}
	now = Record{Boot: boot, At: r.At, Reason: r.Reason}
	// Not every device remembers that it has reset the machine, and some believe it of every restart.
	if (wasReset || r.Withheld) && !r.Clean {
		now.Resets = r.Resets + 1
	}
	if now.Resets == 0 {
		now = Record{}
	}
	return now, now != r
}

// Brakes says whether there were so many resets in a row that another one would help nobody.
func (r Record) Brakes() bool { return r.Resets >= MostResets }

// Failed returns the record of a box that could not prove itself. hard: the hardware has its turn, not the supervisor.
func (r Record) Failed(boot string, at time.Time, reason string, hardware bool) (now Record, hard bool) {
	hard = hardware && r.Soft >= MostSoft && r.Boot == boot
	if r.Boot != boot {
		r.Soft = 0
	}
	r.Boot, r.At, r.Reason, r.Withheld = boot, at.UTC().Format(time.RFC3339), oneLine(reason), hardware
	if !hard {
		r.Soft++
	}
	return r, hard
}

// Stopped returns the record of a box that came to an orderly end: a reset that follows is not counted.
func (r Record) Stopped() (now Record, changed bool) {
	if r == (Record{}) {
		return r, false
	}
	now = r
	now.Clean = true
	return now, now != r
}

// Settled returns the record of a box that has proven itself for SettleTime.
func (r Record) Settled() (now Record, changed bool) { return Record{}, r != (Record{}) }

// rows is the table of the file's lines.
func (r *Record) rows() []row {
	return []row{
		{"boot", text(&r.Boot)},
		{"resets", count(&r.Resets)},
		{"soft", count(&r.Soft)},
		{"withheld", flag(&r.Withheld)},
		{"clean", flag(&r.Clean)},
		{"at", text(&r.At)},
		{"reason", text(&r.Reason)},
	}
}

type row struct {
	name string
	in   field
}

// A field is a value of the file: how it is written, "" for not at all, and how it is read.
type field struct {
	write func() string
	read  func(string) error
}

func text(to *string) field {
	return field{func() string { return *to }, func(s string) error { *to = s; return nil }}
}

func count(to *int) field {
	return field{
		func() string {
			if *to == 0 {
				return ""
			}
			return strconv.Itoa(*to)
		},
		func(s string) error {
			n, err := strconv.ParseUint(s, 10, 16)
			*to = int(n)
			return err
		},
	}
}

func flag(to *bool) field {
	return field{
		func() string {
			if *to {
				return "yes"
			}
			return ""
		},
		func(s string) error { *to = s == "yes"; return nil },
	}
}

// String writes the record: one "name value" a line.
func (r Record) String() string {
	var b strings.Builder
	for _, row := range r.rows() {
		if value := row.in.write(); value != "" {
			fmt.Fprintf(&b, "%s %s\n", row.name, value)
		}
	}
	return b.String()
}

// ParseRecord reads what String wrote. Lines that it does not know are left out: they are of a later version.
func ParseRecord(file string) (r Record, err error) {
	for line := range strings.Lines(file) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		for _, row := range r.rows() {
			if row.name != name {
				continue
			}
			if err := row.in.read(value); err != nil {
				return Record{}, fmt.Errorf("the line %q does not read", line)
			}
		}
	}
	return r, nil
}

// longestReason bounds a reason, in octets.
const longestReason = 1000

// oneLine makes a line of any text.
func oneLine(s string) string {
	if len(s) > longestReason {
		s = s[:longestReason]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
