package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bytesWord writes a size for people: "4.0 KiB".
func bytesWord(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/(1<<10), "KiB"
	for _, larger := range []string{"MiB", "GiB", "TiB"} {
		if f < 1<<10 {
			break
		}
		f, unit = f/(1<<10), larger
	}
	return fmt.Sprintf("%.1f %s", f, unit)
}

// jsonText quotes a text (RFC 8259 §7).
func jsonText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == utf8.RuneError:
			b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
