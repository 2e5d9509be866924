package spool

import "errors"

// A batch that was refused after failed flushes may be on the device all the same. It ceases to count when its head goes on:
// with the header of the next segment, or the record that lays a ghost. With two heads the next batch may be one for the
// other head, and until that is durable nothing may be acknowledged there: after a power cut refused mail would be back.

// A settlement is a record that says nothing. The batch that it makes is what a head in doubt owes.
type settlement struct{}

func (settlement) weight() int64 { return 64 }
func (settlement) record(*Spool) (logRecord, bool) {
	return logRecord{kind: kindRetire, meta: encodeRetired(nil)}, true
}
func (settlement) settle(*Spool, *slot, int64, *footer) {}

// settleDoubt writes what the other head owes before a batch goes to h. When there is no slot for it the batch goes on, for
// deletes must. It is called by the leader.
func (s *Spool) settleDoubt(h *head) error {
	other, facts := &s.log.hot, []fact{settlement{}}
	if h == other {
		other = &s.log.cold
	} else if other.doubt {
		facts = append(facts, s.obituaries()...)
	}
	if !other.doubt {
		return nil
	}
	if err := s.try(other, facts, true); !errors.Is(err, ErrFull) {
		return err
	}
	return nil
}
