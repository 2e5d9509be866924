package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"

	"pillarbox/appliance/transfer"
)

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
