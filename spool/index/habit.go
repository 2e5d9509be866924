package index

const (
	// BriefDays is the age in days below which an expunged message counts as fetched and deleted.
	BriefDays = 2
	// JudgedDays is how many days of mail predict what will become of the next message.
	JudgedDays = 16
)

// A Habit records whether the mail of a mailbox tends to stay: 8 B. After a start it is empty,
// because what was expunged before is not known.
type Habit struct {
	Brief float32 // messages that were expunged young, in the last days
	day   uint16  // when it was judged
	keeps bool    // most messages stay
}

// DayAge returns how many days ago a day was, 0 for one that is still to come.
func DayAge(day, today uint16) int { return max(0, int(today)-int(day)) }
