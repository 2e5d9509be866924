package spool

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"

	"pillarbox/spool/flash"
)

// version is the format that this package writes, and the only one that it reads.
const version = 1

// formatName is the one small file of a spool: which spool this is. It is written once.
const formatName = "FORMAT"

// Limits of a slot's size in bytes. Smaller ones waste footers, larger ones cost time when a
// slot has to be read whole at start.
const (
	MinSlotSize = 64 << 10
	MaxSlotSize = 64 << 20
)

// castagnoli is the polynomial of every checksum in the spool; arm64 and amd64 have an
// instruction for it.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A format says which spool a slot belongs to, and how large its slots are.
type format struct {
	id       [16]byte // random, drawn once
	slotSize int64    // bytes, a multiple of flash.Page
}

func (f *format) pages() uint32 { return uint32(f.slotSize / flash.Page) }

// seed starts every checksum inside a segment. It mixes the spool and the segment in, so
// that the bytes of an earlier life of the slot, or of another spool, never verify.
func (f *format) seed(segment uint64) uint32 {
	sum := crc32.Checksum(f.id[:], castagnoli)
	return crc32.Update(sum, castagnoli, binary.LittleEndian.AppendUint64(nil, segment))
}

func (f *format) String() string {
	return fmt.Sprintf("pillarbox spool\nversion %d\nid %x\nslot %d\n", version, f.id, f.slotSize)
}

// parseFormat reads what String wrote.
func parseFormat(text []byte) (*format, error) {
	words := append(strings.Fields(string(text)), make([]string, 8)...) // for a text that ends too early
	if ver, err := strconv.Atoi(words[3]); err == nil && ver != version && words[0] == "pillarbox" {
		return nil, fmt.Errorf("%w %d in %s: this program reads version %d", ErrVersion, ver, formatName, version)
	}
	f := new(format)
	id, _ := hex.DecodeString(words[5])
	copy(f.id[:], id)
	f.slotSize, _ = strconv.ParseInt(words[7], 10, 64)
	if !strings.HasPrefix(string(text), f.String()) {
		return nil, fmt.Errorf("%w: %s does not read as a spool's", ErrForeign, formatName)
	}
	if !validSlotSize(f.slotSize) {
		return nil, fmt.Errorf("%w: %s has an impossible slot size", ErrForeign, formatName)
	}
	return f, nil
}

func validSlotSize(n int64) bool {
	return n >= MinSlotSize && n <= MaxSlotSize && n%flash.Page == 0
}

// loadFormat reads FORMAT. When it is lost, any slot header tells the same; nil means
// that this is no spool yet.
func loadFormat(vol flash.Volume, slots []string) (*format, error) {
	text, err := vol.Load(formatName)
	if err == nil {
		return parseFormat(text)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", formatName, err)
	}
	page := flash.Aligned(flash.Page)
	for _, name := range slots {
		file, err := vol.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open slot %s: %w", name, err)
		}
		_, err = file.ReadAt(page, 0)
		file.Close()
		if err != nil {
			continue
		}
		if f, err := formatOfHeader(page); err == nil {
			return f, nil
		}
	}
	if len(slots) > 0 {
		return nil, fmt.Errorf("%w: %s is missing and no slot says what it held", ErrForeign, formatName)
	}
	return nil, nil
}
