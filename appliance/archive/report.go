package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
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

// A message is a transfer.Message in the making.
type message struct {
	name, uid string
	made      bool // uid is made of the content: no other server promised it
	open      func() (transfer.Origin, io.ReadCloser, error)
}

// distinct gives another unique-id to each message that has that of an earlier message of the
// source: about 100 octets for each message. The earlier message keeps it, because no source
// records which one it belongs to.
func distinct(messages iter.Seq[message], report *Report) iter.Seq2[transfer.Message, error] {
	return func(yield func(transfer.Message, error) bool) {
		seen := map[string]int{}
		for m := range messages {
			l := transfer.Message{Name: m.name, UID: m.uid, Open: m.open}
			if l.UID != "" {
				first := l.UID
				for n := max(seen[first], 1); seen[l.UID] > 0; n++ {
					l.UID = numbered(first, n+1)
					seen[first] = n + 1
				}
				if l.UID != first && !m.made {
					report.Doubtful.add(l.Name, fmt.Sprintf("has the unique-id of another message, %.70q: it gets another one, and mail clients may download it again", first))
				}
				seen[l.UID] = max(seen[l.UID], 1)
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// numbered returns the unique-id that takes the place of one that is in use.
func numbered(uid string, n int) string {
	if numbered := fmt.Sprintf("%s~%d", uid, n); transfer.ValidUID(numbered) {
		return numbered
	}
	sum := sha256.Sum256([]byte(uid))
	return fmt.Sprintf("%s~%d", hex.EncodeToString(sum[:16]), n)
}
