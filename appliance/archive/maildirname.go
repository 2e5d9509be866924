package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"pillarbox/appliance/transfer"
)

// infoMarks are what stands between the name of a file in a Maildir and its flags "2,FLAGS": ":" by
// the specification, and what programs write where a file system allows no ":". The last two are
// what Samba and the SMB client of Linux make of ":".
var infoMarks = []string{":", "!", ";", "-", "\uf022", "\uf03a"}

// base returns the name of a file in a Maildir without its flags.
func base(name string) string {
	name, _ = cutFlags(name)
	return name
}

// cutFlags splits the name of a file in a Maildir. A ":" is a part of no name, so everything behind
// the first one is left out; other marks can be, so they count only before "1," or "2," and letters
// up to the end.
func cutFlags(name string) (base, flags string) {
	for _, mark := range infoMarks {
		at := strings.LastIndex(name, mark)
		if mark == ":" {
			at = strings.Index(name, mark)
		}
		if at < 0 {
			continue
		}
		info := name[at+len(mark):]
		flags, ok := strings.CutPrefix(info, "2,")
		if !ok {
			flags, ok = strings.CutPrefix(info, "1,")
		}
		flags, _, _ = strings.Cut(flags, ",")
		switch {
		case mark == ":" && !ok:
			return name[:at], ""
		case ok && (mark == ":" || areLetters(flags)):
			return name[:at], flags
		}
	}
	return name, ""
}

func areLetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// isTrashed reports whether flags have T, with which a mail client marks a message that it will
// remove.
func isTrashed(flags string) bool { return strings.Contains(flags, "T") }

// uidOfFile makes a unique-id of the name of a file that no list has.
func uidOfFile(base string) string {
	if uid, ok := uidOfName(base); ok {
		return uid
	}
	if transfer.ValidUID(base) {
		return base
	}
	sum := sha256.Sum256([]byte(base))
	return hex.EncodeToString(sum[:])
}

// secondsOf returns the time at the beginning of a name, 0 where there is none.
func secondsOf(name string) int64 {
	digits, _, _ := strings.Cut(name, ".")
	seconds, _ := strconv.ParseInt(digits, 10, 64)
	return seconds
}

// ours ends the names that an export gives.
const ours = ".pillarbox"

// nameOfUID makes the name of a file.
func nameOfUID(uid string, seconds int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d.U", seconds)
	for i := range len(uid) {
		if c := uid[i]; 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_=~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String() + ours
}

// uidOfName undoes nameOfUID.
func uidOfName(name string) (uid string, ok bool) {
	name, ok = strings.CutSuffix(name, ours)
	_, coded, found := strings.Cut(name, ".U")
	if !ok || !found {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(coded); i++ {
		if coded[i] != '%' {
			b.WriteByte(coded[i])
			continue
		}
		octet, err := strconv.ParseUint(coded[i+1:min(i+3, len(coded))], 16, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(octet))
		i += 2
	}
	return b.String(), transfer.ValidUID(b.String())
}
