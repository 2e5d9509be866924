package format

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"pillarbox/spool/flash"
)

// Errors of stored bytes.
var (
	// ErrVersion is returned for a spool that another version of the program wrote. It was not
	// touched.
	ErrVersion = errors.New("spool: unknown format version")
	// ErrForeign is returned when the folder, or a slot in it, belongs to another spool. It was not
	// touched.
	ErrForeign = errors.New("spool: the folder, or a slot in it, belongs to another spool")
)

// ErrUnreadable is returned for stored bytes that fail any check. It never leaves the spool.
var ErrUnreadable = errors.New("spool: does not verify")

// Versions of the format. Version 2 has records of remote ids (KindRemotes) and is the same in all
// else. A spool is of version 1 until the first of them is written.
const (
	Version1 = 1
	Version2 = 2
)

// Name is the name of the file that identifies the spool. It is written when the spool is made,
// when it becomes one of version 2, and where a start finds it lost.
const Name = "FORMAT"

// Limits of the slot size in bytes. Smaller slots waste space on footers; larger ones cost time
// when a start has to read a whole slot.
const (
	MinSlotSize = 64 << 10
	MaxSlotSize = 64 << 20
)

// Castagnoli is the polynomial of every checksum in the spool; arm64 and amd64 have an
// instruction for it.
var Castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Format identifies a spool and gives the size of its slots.
type Format struct {
	ID       [16]byte // random, drawn once
	SlotSize int64    // bytes, a multiple of flash.Page
	Version  int      // Version1 or Version2; 0 stands for Version1
}

// SameSpool reports whether two formats are of one spool, whatever their versions.
func (f *Format) SameSpool(other *Format) bool {
	return f.ID == other.ID && f.SlotSize == other.SlotSize
}

func (f *Format) Pages() uint32 { return uint32(f.SlotSize / flash.Page) }

// Seed returns the initial value of every checksum in a segment. It depends on the spool and the
// segment, so that bytes of an earlier segment in the slot, or of another spool, never verify.
func (f *Format) Seed(segment uint64) uint32 {
	sum := ^crc32.Checksum(f.ID[:], Castagnoli)
	for range 8 { // crc32.Update would allocate the octets of segment
		sum = Castagnoli[byte(sum)^byte(segment)] ^ sum>>8
		segment >>= 8
	}
	return ^sum
}

func (f *Format) String() string {
	text := fmt.Sprintf("pillarbox spool\nversion %d\nid %x\nslot %d\n", max(f.Version, Version1), f.ID, f.SlotSize)
	if f.Version >= Version2 {
		text += fmt.Sprintf("sum %08x\n", crc32.Checksum([]byte(text), Castagnoli))
	}
	return text
}

// Parse parses the text that String returns. It returns ErrVersion for the text of a later version,
// which has a fifth line, a checksum of the others. Four lines with another version number are a
// damaged text of version 1.
func Parse(text []byte) (*Format, error) {
	// The empty strings are for a text that ends too early.
	words := append(strings.Fields(string(text)), make([]string, 10)...)
	f := &Format{Version: Version1}
	if ver, err := strconv.Atoi(words[3]); err == nil && ver != Version1 && words[0] == "pillarbox" && words[8] != "" {
		if ver != Version2 {
			return nil, fmt.Errorf("%w %d in %s: this program reads versions %d and %d", ErrVersion, ver, Name, Version1, Version2)
		}
		f.Version = Version2
	}
	id, _ := hex.DecodeString(words[5])
	copy(f.ID[:], id)
	f.SlotSize, _ = strconv.ParseInt(words[7], 10, 64)
	if !strings.HasPrefix(string(text), f.String()) {
		return nil, fmt.Errorf("%w: %s is damaged", ErrForeign, Name)
	}
	if !ValidSlotSize(f.SlotSize) {
		return nil, fmt.Errorf("%w: %s has an impossible slot size", ErrForeign, Name)
	}
	return f, nil
}

func ValidSlotSize(n int64) bool {
	return n >= MinSlotSize && n <= MaxSlotSize && n%flash.Page == 0
}
