package archive

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pillarbox/appliance/control"
)

// A listed is what Dovecot knows of a file in a Maildir.
type listed struct {
	uid  uint32 // of IMAP: the order of the mailbox
	uidl string
}

// readUIDList reads a dovecot-uidlist: file names, without flags, and what they are called.
//
//	3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1
//	25006 W2481 S2444 Pold-unique-id :1276528487.M364837P9451.host,S=1355:2,S
//
// The older version 1 has "1 UIDVALIDITY NEXT", then "UID NAME".
func readUIDList(r io.Reader) (map[string]listed, error) {
	lines := bufio.NewScanner(r)
	if !lines.Scan() {
		return nil, errors.Join(lines.Err(), errors.New("it is empty"))
	}
	version, validity, err := parseListHead(lines.Text())
	if err != nil {
		return nil, err
	}
	list := map[string]listed{}
	for number := 2; lines.Scan(); number++ {
		name, l, err := parseListLine(version, validity, lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		list[name] = l
	}
	return list, lines.Err()
}

func parseListHead(line string) (version string, validity uint32, err error) {
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "1" && words[0] != "3" {
		return "", 0, fmt.Errorf("%.40q is no head of version 1 or 3", line)
	}
	for _, word := range words[1:] {
		digits, marked := strings.CutPrefix(word, "V")
		if words[0] == "3" && !marked {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil {
			return "", 0, fmt.Errorf("%.40q is no UIDVALIDITY", word)
		}
		return words[0], uint32(n), nil
	}
	return "", 0, fmt.Errorf("%.40q has no UIDVALIDITY", line)
}

func parseListLine(version string, validity uint32, line string) (name string, l listed, err error) {
	front, name, ok := line, "", false
	if version == "3" {
		front, name, ok = strings.Cut(line, " :")
	} else {
		front, name, ok = strings.Cut(line, " ")
	}
	words := strings.Fields(front)
	if !ok || len(words) == 0 {
		return "", l, fmt.Errorf("%.40q is no UID and a name", line)
	}
	uid, err := strconv.ParseUint(words[0], 10, 32)
	if err != nil {
		return "", l, fmt.Errorf("%.40q is no UID", words[0])
	}
	l = listed{uint32(uid), fmt.Sprintf("%08Xu%08Xv", uid, validity)}
	for _, word := range words[1:] {
		if own, marked := strings.CutPrefix(word, "P"); marked && control.ValidUID(own) {
			l.uidl = own
		}
	}
	return base(name), l, nil
}

// base returns the name of a file in a Maildir without its flags.
func base(name string) string {
	name, _, _ = strings.Cut(name, ":")
	return name
}
