package spool

import "pillarbox/spool/commit"

// A Written is a delivery that is ready to be committed.
type Written struct {
	Delivery *Delivery
	Shape    Shape
}

// CommitAll is Commit for several deliveries, which keep their order. Small messages share flushes:
// one for each half slot, at most 512 KiB. It returns how many deliveries were committed: the first
// n are durable and visible, and the others were not accepted if err is not nil. All deliveries
// have ended when it returns.
func (s *Spool) CommitAll(list []Written) (n int, err error) {
	defer func() {
		for _, w := range list {
			w.Delivery.Abort()
		}
	}()
	all, err := s.intakes(list)
	limit := min(commit.MaxBatch, s.format.SlotSize/2)
	for n < len(all) {
		end, size := n, int64(0)
		for end < len(all) && (end == n || size+all[end].Weight() <= limit) {
			size += all[end].Weight()
			end++
		}
		stays := s.stays(list[n].Delivery.to)
		batch := make([]commit.Change, 0, end-n)
		for _, in := range all[n:end] {
			in.Stays = stays // a batch goes to one head
			batch = append(batch, in)
		}
		if failed := s.log.Commit(commit.WithNote(batch)...); failed != nil {
			return n, failed
		}
		n = end
	}
	return n, err
}

// intakes returns what the deliveries write to the log: the first ones if err is not nil.
func (s *Spool) intakes(list []Written) (all []*commit.Intake, err error) {
	for _, w := range list {
		in, err := w.Delivery.intake(w.Shape)
		if err != nil {
			return all, err
		}
		all = append(all, in)
	}
	return all, nil
}
