package index

import "pillarbox/spool/format"

// The memory that the index takes, in bytes.
const (
	// EntryBytes is the cost of an entry: 12, two bits, and its share of chunks that are not full
	// and of expunged messages that are not swept yet.
	EntryBytes = 16
	// UIDBytes is the cost of an imported unique-id at most, without its text and with its share
	// of a block.
	UIDBytes = 6
	// RecordBytes is the cost of a record that has several recipients or extents, without the
	// extents.
	RecordBytes = 96
)

// Bytes returns how much memory a mailbox takes in the index. EntryBytes includes the expunged
// messages that are not swept yet.
func (m *Mailbox) Bytes() int64 {
	n := EntryBytes*int64(m.Live) + m.Entries.bytes() + m.Imported.bytes()
	for label, marks := range m.Labels {
		n += int64(len(label)) + LabelBytes*int64(len(marks))
	}
	return n
}

// RecordOverhead is about what a record costs on the device beside the listed octets of its
// message. Live bytes are octets plus this, both when mail comes and when it goes, so that they
// always equal a recount.
const RecordOverhead = 160

// Weigh returns the live bytes of a message of that many octets.
func Weigh(octets uint32) int64 { return int64(octets) + RecordOverhead }

// WeightOf returns the live bytes of a message record in the log, for a number of recipients;
// single is what it weighs for one.
func WeightOf(m *format.Summary, recipients int, single int64) int64 {
	switch {
	case len(m.Extents) > 0:
		return RecordOverhead
	case recipients > 1:
		return Weigh(m.Octets)
	}
	return single
}
