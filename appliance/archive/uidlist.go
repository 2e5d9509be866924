package archive

import (
	"fmt"
	"strconv"
	"strings"

	"pillarbox/appliance/transfer"
)

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
