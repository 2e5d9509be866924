package sendmail

import (
	"slices"
	"strings"

	"pillarbox/appliance/names"
)

// A message is a message that is ready to be sent.
type message struct {
	options *Options
	sender  string
	to      []string
	header  []byte
	input   *Input
	octets  int64
}

func (m *message) beyondASCII() bool {
	return !names.IsASCII(m.sender) || slices.ContainsFunc(m.to, func(to string) bool { return !names.IsASCII(to) })
}

// envelope reads the sender and the recipients of the command line; bad has an error for each
// recipient that is not an address.
func (m *message) envelope(o *Options, user string) (bad []error, err error) {
	m.sender = localPart(user)
	if o.Named {
		found, wrong := addresses(o.Sender)
		switch {
		case len(wrong) > 0:
			return nil, wrong[0]
		case len(found) > 1:
			return nil, fail(ExUsage, "-f has more than one sender address")
		case len(found) == 0:
			m.sender = "" // -f "" and -f "<>": no reply is wanted
		default:
			m.sender = found[0]
		}
	}
	for _, word := range o.Recipients {
		found, wrong := addresses(word)
		m.to, bad = append(m.to, found...), append(bad, wrong...)
	}
	if len(m.to)+len(bad) == 0 && !o.FromHeader {
		return nil, fail(ExUsage, "no recipients: name one, or use -t to take them from the header")
	}
	return bad, checkNotify(o.Notify)
}

// localPart returns the name of a user as the local part of an address: in quotes if it has other
// characters than a dot-string (RFC 5321 section 4.1.2), as the names of a Windows domain have.
func localPart(user string) string {
	if strings.ContainsAny(user, "\\\"@ ,;:<>()[]") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(user) + `"`
	}
	return user
}

// checkNotify returns an error if -N has words that NOTIFY= does not allow.
func checkNotify(words string) error {
	if words == "" {
		return nil
	}
	for word := range strings.SplitSeq(strings.ToUpper(words), ",") {
		if !slices.Contains([]string{"NEVER", "SUCCESS", "FAILURE", "DELAY"}, word) {
			return fail(ExUsage, "-N takes never, or a list of success, failure and delay, with commas")
		}
	}
	return nil
}

// unique removes addresses that are there twice.
func unique(to []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(to, func(one string) bool {
		twice := seen[one]
		seen[one] = true
		return twice
	})
}
