package watchdog

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// MostResets is the number of resets in a row, without SettleTime of passing checks between two
	// of them, after which the server starts read-only and arms no device.
	MostResets = 3
	// MostSoft is how often in one boot the program ends after a failed check, so that its
	// supervisor restarts it, before it lets the hardware reset the machine.
	MostSoft = 2
)

// A Record is what is stored over a reset: the reason, and the number of resets. It is written when
// it changes, never periodically. The zero Record means that no check has failed.
type Record struct {
	Boot     string // the boot in which it was written (boot_id of the kernel)
	Resets   int    // in a row
	Soft     int    // restarts of the program in that boot
	Withheld bool   // a hardware watchdog was no longer fed in that boot
	Clean    bool   // the previous run ended in an orderly way
	At       string // when the reason was written, by a clock that may be wrong
	Reason   string // of the last one, in one line
}

// Began returns the record of a start. wasReset is whether the device reports that it has reset the
// machine. changed reports whether the record must be stored.
func (r Record) Began(boot string, wasReset bool) (now Record, changed bool) {
	if r.Boot == boot || r == (Record{}) && !wasReset {
		now = r
		now.Clean = false
		return now, now != r
	}
	now = Record{Boot: boot, At: r.At, Reason: r.Reason}
	// Some devices do not report their resets, and some report one after every restart.
	if (wasReset || r.Withheld) && !r.Clean {
		now.Resets = r.Resets + 1
	}
	if now.Resets == 0 {
		now = Record{}
	}
	return now, now != r
}

// Brakes reports whether there were enough resets in a row that another one would not help.
func (r Record) Brakes() bool { return r.Resets >= MostResets }

// Failed returns the record after a failed check. hard reports whether the hardware is to reset the
// machine, instead of the supervisor restarting the program.
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

// Stopped returns the record of an orderly stop, after which a reset is not counted.
func (r Record) Stopped() (now Record, changed bool) {
	if r == (Record{}) {
		return r, false
	}
	now = r
	now.Clean = true
	return now, now != r
}

// Settled returns the record after all checks have passed for SettleTime.
func (r Record) Settled() (now Record, changed bool) { return Record{}, r != (Record{}) }

// rows returns the lines of the file.
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

// A field writes and reads a value of the file. A value that is written as "" is left out.
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

// String returns the file: one "name value" a line.
func (r Record) String() string {
	var b strings.Builder
	for _, row := range r.rows() {
		if value := row.in.write(); value != "" {
			fmt.Fprintf(&b, "%s %s\n", row.name, value)
		}
	}
	return b.String()
}

// ParseRecord parses the result of String. It ignores unknown names, which are those of a later
// version.
func ParseRecord(file string) (r Record, err error) {
	for line := range strings.Lines(file) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		for _, row := range r.rows() {
			if row.name != name {
				continue
			}
			if err := row.in.read(value); err != nil {
				return Record{}, fmt.Errorf("invalid line %q", line)
			}
		}
	}
	return r, nil
}

// longestReason bounds a reason, in octets.
const longestReason = 1000

// oneLine replaces what does not fit one line of text, and cuts it to longestReason.
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
