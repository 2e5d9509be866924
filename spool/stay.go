package spool

// Mail of mailboxes that are fetched and emptied at once goes to the hot head, so that its segments die whole; mail that
// will stay goes to the cold head when it comes, which saves most of what would be moved there later. In a household that is
// two thirds full this halves what is copied. Whether mail stays is told by what stayed before; a wrong clock costs copies, no mail.

const (
	// briefDays is below how many days a mail counts as fetched and deleted.
	briefDays = 2
	// judgedDays is how far back the mail of a mailbox tells what will become of the next.
	judgedDays = 16
)

// A habit is what a mailbox does with its mail: 8 B. A start does not know what was expunged before, and learns it again.
type habit struct {
	brief float32 // mails that were expunged young, in the last days
	day   uint16  // when it was judged
	keeps bool    // most mail stays
}

// today returns the day by the wall clock.
func (s *Spool) today() uint16 { return dayOf(s.opt.Now().Unix()) }

// age returns for how many days a mail has been here.
func (r *row) age(today uint16) int { return max(0, int(today)-int(r.day)) }

// keeps says whether more mail of the last days is still there than was expunged young. Once a day this looks at all rows. Spool.mu is held.
func (m *mailbox) keeps(today uint16) bool {
	h := &m.habit
	if h.day == today {
		return h.keeps
	}
	h.day = today
	h.brief -= h.brief / judgedDays
	lasting := 0
	for i := range m.rows {
		if age := m.rows[i].age(today); age >= briefDays && age < judgedDays && !m.dead.has(i) {
			lasting++
		}
	}
	h.keeps = float32(lasting) > h.brief
	return h.keeps
}

// stays says whether a mail to these recipients belongs with the mail that stays.
func (s *Spool) stays(to []Recipient) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	today := s.today()
	for _, r := range to {
		if box := s.mailboxes[r.Mailbox]; box != nil && box.keeps(today) {
			return true
		}
	}
	return false
}
