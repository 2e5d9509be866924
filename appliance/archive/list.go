package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pillarbox/appliance/transfer"
)

// A listed is the entry of a file of a Maildir in the list of a POP3 server.
type listed struct {
	uid  uint32 // of IMAP: the order of the mailbox
	uidl string
}

// A listReader takes the lines of a list: head the first one, line all others. Both return an error
// for a line that is damaged.
type listReader interface {
	head(line string) (file bool, err error) // file reports whether it is an entry as well
	line(line string) (base string, l listed, err error)
}

// longestListed bounds a line in octets; the name of a file has 255 at most.
const longestListed = 4 << 10

// readList reads a list and calls found with each of its files. It returns how many lines are
// damaged: such a line is left out, so that it takes the unique-id of one message only. A first
// line that is damaged is an error, because all others depend on it.
func readList(r io.Reader, list listReader, found func(base string, l listed)) (damaged []int, err error) {
	lines := newSplitter(r, false)
	for number := 1; ; number++ {
		text, ended, err := lines.whole(longestListed)
		if err == io.EOF && number == 1 {
			return nil, errors.New("it is empty")
		}
		if err == io.EOF {
			return damaged, nil
		}
		if err != nil {
			return nil, err
		}
		if number == 1 {
			if file, err := list.head(text); err != nil {
				return nil, err
			} else if !file {
				continue
			}
		}
		if base, l, err := list.line(text); err == nil && ended {
			found(base, l)
		} else if len(damaged) < mostNotes {
			damaged = append(damaged, number)
		}
	}
}

// whole returns the next line of at most most octets, as a text without its line end, and whether
// it has one; a longer one is returned as "".
func (s *splitter) whole(most int) (text string, ended bool, err error) {
	var line bytes.Buffer
	for {
		p, err := s.next()
		if err == io.EOF && line.Len() > 0 {
			return line.String(), false, nil
		}
		if err != nil {
			return "", false, err
		}
		if line.Len() <= most {
			line.Write(p.text)
		}
		if p.ends {
			if line.Len() > most {
				line.Reset()
			}
			return line.String(), true, nil
		}
	}
}

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

// A dovecotList reads a dovecot-uidlist. Version 3, of Dovecot 1.1 and later:
//
//	3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1
//	25006 W2481 S2444 Pold-unique-id :1276528487.M364837P9451.host,S=1355:2,S
//
// P alone stands for the name without flags. Dovecot saves it if pop3_uidl_format is %g or %f.
//
// Version 1 has "1 UIDVALIDITY NEXT", then "UID NAME"; version 2, of some test versions, "UID FLAGS
// NAME".
type dovecotList struct {
	version  string
	validity uint32
}

func (d *dovecotList) head(line string) (file bool, err error) {
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "1" && words[0] != "2" && words[0] != "3" {
		return false, fmt.Errorf("line 1: %.40q is not a header of version 1, 2 or 3", line)
	}
	d.version = words[0]
	for _, word := range words[1:] {
		digits, marked := strings.CutPrefix(word, "V")
		if d.version == "3" && !marked {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil {
			return false, fmt.Errorf("line 1: %.40q is not a UIDVALIDITY", word)
		}
		d.validity = uint32(n)
		return false, nil
	}
	return false, fmt.Errorf("line 1: %.40q has no UIDVALIDITY", line)
}

func (d *dovecotList) line(line string) (name string, l listed, err error) {
	front, name, ok := "", "", false
	switch d.version {
	case "3":
		front, name, ok = strings.Cut(line, " :")
	case "2":
		var flags string
		front, name, _ = strings.Cut(line, " ")
		flags, name, ok = strings.Cut(name, " ")
		ok = ok && flags != ""
	default:
		front, name, ok = strings.Cut(line, " ")
	}
	words := strings.Fields(front)
	if !ok || len(words) == 0 || name == "" {
		return "", l, fmt.Errorf("%.40q is not a UID and a name", line)
	}
	uid, err := strconv.ParseUint(words[0], 10, 32)
	if err != nil || uid == 0 {
		return "", l, fmt.Errorf("%.40q is not a UID", words[0])
	}
	l = listed{uint32(uid), dovecotUID(uint32(uid), d.validity)}
	name = base(name)
	for _, word := range words[1:] {
		own, marked := strings.CutPrefix(word, "P")
		switch {
		case marked && own == "":
			l.uidl = uidOfFile(name)
		case marked && transfer.ValidUID(own):
			l.uidl = own
		}
	}
	return name, l, nil
}
