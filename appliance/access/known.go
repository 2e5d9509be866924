package access

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sort"
	"syscall"
	"time"

	"pillarbox/appliance/durable"
)

// knownPerAccount limits from how many clients an account is known, so that one account does not
// take the room of the others. The one that was used least recently is removed.
const knownPerAccount = 12

// saveEvery is how often the file of known pairs is written at most.
const saveEvery = 24 * time.Hour

// keyOf returns 8 octets of an HMAC.
func (t *Table) keyOf(parts ...[]byte) uint64 {
	h := hmac.New(sha256.New, t.secret)
	var length [4]byte
	for _, part := range parts {
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	var sum [sha256.Size]byte
	return binary.BigEndian.Uint64(h.Sum(sum[:0]))
}

func (t *Table) clientKey(c Client) uint64 {
	return t.keyOf([]byte("client"), []byte{byte(c.kind)}, c.octets[:])
}

// accountKey returns the key of an account, or of a name that has none, whose mailbox is 0. An
// account that is removed and made again is another one.
func (t *Table) accountKey(name string, mailbox uint64) uint64 {
	return t.keyOf([]byte("account"), []byte(name), binary.BigEndian.AppendUint64(nil, mailbox))
}

// becomeKnownLocked makes a pair known, and its client.
func (t *Table) becomeKnownLocked(g guess, p pair, now instant) {
	t.boundKnownLocked(g.key.account)
	p.known, p.bucket, p.wrong, p.refilled = true, 0, 0, seconds(now)
	t.pairs.put(g.key, p)
	t.knownPairs++
	t.dirty = true
	r := t.recordLocked(g.client, now)
	if r.known = true; r.open != nil {
		r.open.becomeKnownLocked()
	}
	t.clients.put(g.client, r)
}

// boundKnownLocked makes room for one more known pair of an account.
func (t *Table) boundKnownLocked(account uint64) {
	own := 0
	for _, e := range t.pairs.entries {
		if e.value.known && e.key.account == account {
			own++
		}
	}
	if own < knownPerAccount && t.knownPairs < maxKnown {
		return
	}
	victim := -1
	for i, e := range t.pairs.entries {
		if e.value.known && (own < knownPerAccount || e.key.account == account) &&
			(victim < 0 || e.value.seen < t.pairs.entries[victim].value.seen) {
			victim = i
		}
	}
	t.pairs.removeAt(victim)
	t.knownPairs--
}

// The file of known pairs, 3 KiB at most:
//
//	0        8          16             24
//	+--------+----------+--------------+---------------+----
//	| magic  | check    | account key  | client key    | ...   the pair used last comes first
//	+--------+----------+--------------+---------------+----
//
// Big endian. check is a hash by the same secret: a file of another one is ignored.
const knownMagic = "pbknown1"

// Open gives the table its secret, and reads the known pairs from a file. Without a file there are
// none. If the file is not one of this secret, it is replaced at the next Save, and the error says
// so. wall is the time of day, which is compared with that of the file to find out when it may be
// written again.
func (t *Table) Open(path string, secret []byte, wall time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.secret = slices.Clone(secret)
	const most = 16 + 16*maxKnown
	text, err := durable.Read(path, most)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", errKnownFile, err)
	case len(text) < 16, len(text)%16 != 0, !bytes.Equal(text[:16], t.knownHeader()):
		return errKnownFile
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	age := min(max(wall.Sub(info.ModTime()), 0), saveEvery) // a clock may be wrong
	t.stored, t.saved = true, t.now()-age
	for rest := text[16:]; len(rest) > 0 && t.knownPairs < maxKnown; rest = rest[16:] {
		key := pairKey{binary.BigEndian.Uint64(rest), binary.BigEndian.Uint64(rest[8:])}
		if _, twice := t.pairs.get(key); twice {
			continue
		}
		// The pairs that were used last are the youngest.
		t.pairs.put(key, pair{known: true, seen: uint32(1 + len(rest)/16)})
		t.knownPairs++
	}
	return nil
}

var errKnownFile = errors.New("the file of known clients is not one of this server; it will be replaced")

func (t *Table) knownHeader() []byte {
	return binary.BigEndian.AppendUint64([]byte(knownMagic), t.keyOf([]byte("file")))
}

// Save writes the known pairs if there are new ones and the file was not written within a day: one
// small file and its folder are flushed then.
func (t *Table) Save(path string) error {
	t.mu.Lock()
	now := t.now()
	if !t.dirty || t.stored && now-t.saved < saveEvery {
		t.mu.Unlock()
		return nil
	}
	text := t.encodeKnownLocked()
	t.dirty, t.stored, t.saved = false, true, now
	t.mu.Unlock()
	err := durable.Replace(path, text)
	if err != nil { // tried again in a day
		t.mu.Lock()
		defer t.mu.Unlock()
		t.dirty = true
	}
	if errors.Is(err, syscall.EROFS) {
		return nil
	}
	return err
}

func (t *Table) encodeKnownLocked() []byte {
	known := make([]entry[pairKey, pair], 0, t.knownPairs)
	for _, e := range t.pairs.entries {
		if e.value.known {
			known = append(known, e)
		}
	}
	sort.Slice(known, func(i, j int) bool {
		a, b := &known[i], &known[j]
		return cmp.Or(cmp.Compare(b.value.seen, a.value.seen), cmp.Compare(a.key.account, b.key.account), cmp.Compare(a.key.client, b.key.client)) < 0
	})
	text := t.knownHeader()
	for _, e := range known {
		text = binary.BigEndian.AppendUint64(text, e.key.account)
		text = binary.BigEndian.AppendUint64(text, e.key.client)
	}
	return text
}
