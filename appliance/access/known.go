package access

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"
	"time"

	"pillarbox/appliance/durable"
)

// saveEvery is how often the file of known pairs is written at most.
const saveEvery = 24 * time.Hour

// The file of known pairs, 3 KiB at most:
//
//	0        8          16             24
//	+--------+----------+--------------+---------------+----
//	| magic  | check    | account key  | client key    | ...   the pair used last comes first
//	+--------+----------+--------------+---------------+----
//
// Big endian. check is a hash by the same secret: a file of another one is ignored.
const knownMagic = "pbknown1"

var errKnownFile = errors.New("the file of known clients is not one of this server; it will be replaced")

func (ps *pairs) header() []byte {
	return binary.BigEndian.AppendUint64([]byte(knownMagic), ps.keys.file())
}

// encode returns the file.
func (ps *pairs) encode() []byte {
	known := make([]entry[pairKey, pair], 0, ps.known)
	for _, e := range ps.entries {
		if e.value.known {
			known = append(known, e)
		}
	}
	sort.Slice(known, func(i, j int) bool {
		a, b := &known[i], &known[j]
		return cmp.Or(cmp.Compare(b.value.seen, a.value.seen), cmp.Compare(a.key.account, b.key.account), cmp.Compare(a.key.client, b.key.client)) < 0
	})
	text := ps.header()
	for _, e := range known {
		text = binary.BigEndian.AppendUint64(text, e.key.account)
		text = binary.BigEndian.AppendUint64(text, e.key.client)
	}
	return text
}

// decode adds the pairs of a file.
func (ps *pairs) decode(text []byte) error {
	if len(text) < 16 || len(text)%16 != 0 || !bytes.Equal(text[:16], ps.header()) {
		return errKnownFile
	}
	for rest := text[16:]; len(rest) > 0 && ps.known < maxKnown; rest = rest[16:] {
		key := pairKey{binary.BigEndian.Uint64(rest), binary.BigEndian.Uint64(rest[8:])}
		if _, twice := ps.get(key); twice {
			continue
		}
		// The pairs that were used last are the youngest.
		ps.put(key, pair{known: true, seen: uint32(1 + len(rest)/16)})
		ps.known++
	}
	return nil
}

// read adds the pairs of the file at path, see Table.Open.
func (ps *pairs) read(path string, wall time.Time, now instant) error {
	const most = 16 + 16*maxKnown
	text, err := durable.Read(path, most)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", errKnownFile, err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if err := ps.decode(text); err != nil {
		return err
	}
	age := min(max(wall.Sub(info.ModTime()), 0), saveEvery) // a clock may be wrong
	ps.stored, ps.saved = true, now-age
	return nil
}

// due returns the file if it is to be written now, else nil.
func (ps *pairs) due(now instant) []byte {
	if !ps.dirty || ps.stored && now-ps.saved < saveEvery {
		return nil
	}
	ps.dirty, ps.stored, ps.saved = false, true, now
	return ps.encode()
}
