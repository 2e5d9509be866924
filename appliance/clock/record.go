package clock

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"pillarbox/appliance/durable"
)

const (
	day = 24 * time.Hour
	// LastDay is the last day that a store can name.
	LastDay = 1<<16 - 1
)

// DayOf returns the day of a time, as labels name it: days since 1970, UTC. It returns 0 before
// that, and at most 65535, which is in the year 2149.
func DayOf(t time.Time) int {
	if t.Unix() < 0 {
		return 0
	}
	return int(min(t.Unix()/int64(day/time.Second), LastDay))
}

// An Interval is the time up to now in which the wall clock was trusted. In the zero Interval it is
// not trusted.
type Interval struct {
	Since, Now time.Time
}

// Trusted reports whether the date can be trusted now.
func (i Interval) Trusted() bool { return !i.Since.IsZero() }

// Age returns how many whole days have certainly passed since something that happened on a day, by
// the clock of then; 0 if nothing is certain. A day in the future was written by a clock that was
// wrong, so before the interval. Tomorrow does not count as one, because a clock may be set back a
// little at midnight.
func (i Interval) Age(of int) int {
	if !i.Trusted() {
		return 0
	}
	from := i.Since
	end := time.Unix(int64(of+1)*int64(day/time.Second), 0)
	if of <= DayOf(i.Now)+1 && end.After(from) {
		from = end
	}
	return max(0, int(i.Now.Sub(from)/day))
}

// A Record is what one run leaves for the next: the trusted interval, in whole seconds.
type Record struct {
	Since time.Time // its beginning
	Seen  time.Time // when it was last known to hold
}

const recordLines = "since %s\nseen  %s\n"

// String returns the text of the record.
func (r Record) String() string {
	return fmt.Sprintf(recordLines, r.Since.UTC().Format(time.RFC3339), r.Seen.UTC().Format(time.RFC3339))
}

// errRecord is returned for a text that is no record. A new interval begins then.
var errRecord = errors.New("not a record of the clock; the days of retention are counted from now on")

// parseRecord reads the text of String.
func parseRecord(text string) (r Record, err error) {
	words := strings.Fields(text)
	if len(words) != 4 {
		return Record{}, errRecord
	}
	if r.Since, err = time.Parse(time.RFC3339, words[1]); err != nil {
		return Record{}, errRecord
	}
	if r.Seen, err = time.Parse(time.RFC3339, words[3]); err != nil || r.Seen.Before(r.Since) || r.String() != text {
		return Record{}, errRecord
	}
	return r, nil
}

// mostRecord limits what is read of the file, in octets.
const mostRecord = 1 << 10

// Load reads the record in a file. Without the file it returns the zero Record.
func Load(path string) (Record, error) {
	text, err := durable.Read(path, mostRecord)
	if errors.Is(err, os.ErrNotExist) {
		return Record{}, nil
	}
	if err != nil {
		return Record{}, err
	}
	r, err := parseRecord(strings.ToValidUTF8(string(text), "?"))
	if err != nil {
		return Record{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// Save writes the record into the file: one small file and two flushes.
func (r Record) Save(path string) error { return durable.Replace(path, []byte(r.String())) }

const (
	saveEvery   = day       // an interval that goes on
	saveAnother = time.Hour // an interval that is not the one in the file
)

// A Keeper decides when the record of a run is written, which is rarely. It is used by one
// goroutine.
type Keeper struct {
	saved Record        // what the file holds
	at    time.Duration // uptime of the last save, or the start
}

// NewKeeper returns the keeper of a file that holds a record, at an uptime.
func NewKeeper(kept Record, up time.Duration) *Keeper { return &Keeper{kept, up} }

// Due reports whether a record should be written now.
func (k *Keeper) Due(r Record, up time.Duration) bool {
	every := saveEvery
	if r.Since.Unix() != k.saved.Since.Unix() {
		every = saveAnother
	}
	return up-k.at >= every
}

// Saved notes that a record was written, or that writing it failed: then it is not tried again at
// once.
func (k *Keeper) Saved(r Record, up time.Duration) { k.saved, k.at = r, up }
