package archive

import (
	"iter"
	"strconv"
	"unicode"
	"unicode/utf8"

	"pillarbox/appliance/transfer"
)

// Options select what of a source is imported.
type Options struct {
	Deleted bool // also messages that a mail client marked as deleted
}

// A Source is a mailbox that another program wrote.
type Source struct {
	// Messages yields each message once. It adds to Report, so that the report is complete after
	// the last message.
	Messages iter.Seq2[transfer.Message, error]
	Count    int // messages that are yielded at most
	Report   *Report
	close    func() error // may be nil
}

// Close releases the files of the source. No message can be opened after it.
func (s *Source) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// A Report lists what was not imported and what may be wrong. It is written by the goroutine that
// iterates over the messages.
type Report struct {
	Skipped  Notes // could be mail and is not imported: the import ends with exit code 1
	LeftOut  Notes // is not a message of this mailbox, or is marked as deleted
	Doubtful Notes // is imported, and may be wrong
}

// Notes holds the first mostNotes notes and counts all of them: a note has about 200 octets.
type Notes struct {
	List  []Note
	Total int
}

// A Note names a file, a message or a folder, and gives the reason.
type Note struct{ Name, Reason string }

const mostNotes = 1000

func (n *Notes) add(name, reason string) {
	if n.Total++; len(n.List) < mostNotes {
		n.List = append(n.List, Note{shown(name), reason})
	}
}

// shown returns a name as it is printed: one that could write anything else than itself to a
// terminal is quoted.
func shown(name string) string {
	for _, r := range name {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(name)
		}
	}
	return name
}
