package smtpd

import (
	"fmt"
	"regexp"
	"strings"
)

// The grammar of a trace line, as RFC 5321 §4.4 has it, over an unfolded field. A comment may stand
// wherever there is a space; none of ours contains another.
var traceLine = func() *regexp.Regexp {
	const (
		cfws    = `(?: (?:\([^()\\\r\n]*\) )*)`
		atext   = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010FFFF-]+"
		label   = "[A-Za-z0-9\u0080-\U0010FFFF](?:[A-Za-z0-9\u0080-\U0010FFFF-]*[A-Za-z0-9\u0080-\U0010FFFF])?"
		domain  = label + `(?:\.` + label + `)*`
		v4      = `[0-9]{1,3}(?:\.[0-9]{1,3}){3}`
		literal = `\[(?:` + v4 + `|IPv6:[0-9A-Fa-f:.]+)\]`
		local   = `(?:` + atext + `(?:\.` + atext + `)*|"(?:[^"\\\r\n]|\\[ -~])*")`
		mailbox = local + `@(?:(?:[A-Za-z0-9_-]|[^\x00-\x7F])+(?:\.(?:[A-Za-z0-9_-]|[^\x00-\x7F])+)*|` + literal + `)`
	)
	from := fmt.Sprintf(`from (?:%s(?: \(%s\))?|%s \(%s\))`, domain, literal, literal, literal)
	by := fmt.Sprintf(`by %s`, domain)
	with := `with (?:E?SMTP|ESMTPS?A?|LMTPS?A?|UTF8SMTPS?A?|UTF8LMTPS?A?)`
	return regexp.MustCompile(`^Received: ` + from + cfws + by + cfws + with +
		`(?:` + cfws + `for <` + mailbox + `>)?(?:` + cfws + `tls [A-Z0-9_]+)?(?: \([^()\\]*\))?; ` +
		`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}$`)
}()

// parses reports whether a field is a trace line.
func parses(field string) bool {
	return traceLine.MatchString(strings.TrimSuffix(strings.ReplaceAll(field, "\r\n\t", " "), "\r\n"))
}
