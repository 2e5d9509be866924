package archive

import (
	"fmt"
	"strconv"
	"strings"
)

// A courierList reads a courierpop3dsizelist, with which Courier's POP3 server keeps its
// unique-ids:
//
//	/3 NEXT UIDVALIDITY                 or "/2 …" without the last field of a line
//	NAME SIZE UID:UIDVALIDITY:UTF8      the unique-id is UIDn-UIDVALIDITY, UIDn if UIDVALIDITY
//	                                    is 0, and made of the name if the UID is 0
//
// Lists of older versions have "/1" and lines "NAME SIZE UID", or no head and lines "NAME SIZE".
type courierList struct {
	version int
}

func (c *courierList) head(line string) (file bool, err error) {
	head, ok := strings.CutPrefix(line, "/")
	if !ok {
		_, _, err := c.line(line) // version 0
		return true, err
	}
	words := strings.Fields(head)
	if len(words) >= 2 {
		c.version, _ = strconv.Atoi(words[0])
	}
	if c.version < 1 || c.version > 3 {
		return false, fmt.Errorf("line 1: %.40q is not a header of version 1, 2 or 3", line)
	}
	return false, nil
}

func (c *courierList) line(line string) (name string, l listed, err error) {
	fields := min(c.version, 1) + 1 // behind the name, which can have spaces in it
	words := make([]string, fields)
	name = line
	for i := fields - 1; i >= 0; i-- {
		at := strings.LastIndex(name, " ")
		if at <= 0 {
			return "", l, fmt.Errorf("line: %.40q is not a name, a size and a UID", line)
		}
		name, words[i] = name[:at], name[at+1:]
	}
	if _, err := strconv.ParseUint(words[0], 10, 64); err != nil {
		return "", l, fmt.Errorf("line: %.40q is not a size", words[0])
	}
	name = base(name)
	l.uidl = courierName(name)
	if c.version == 0 {
		return name, l, nil
	}
	numbers := strings.Split(words[1], ":")
	if len(numbers) != c.version {
		return "", l, fmt.Errorf("line: %.40q is not a UID of version %d", words[1], c.version)
	}
	for _, n := range numbers {
		if _, err := strconv.ParseUint(n, 10, 64); err != nil {
			return "", l, fmt.Errorf("line: %.40q is not a UID", words[1])
		}
	}
	switch {
	case numbers[0] == "0":
	case c.version == 1 || numbers[1] == "0":
		l.uidl = "UID" + numbers[0]
	default:
		l.uidl = "UID" + numbers[0] + "-" + numbers[1]
	}
	return name, l, nil
}

// courierName makes the unique-id that Courier makes of a name.
func courierName(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; c < 0x21 || c > 0x7e || c == '\'' || c == '"' || c == '+' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return uidOfFile(b.String())
}
