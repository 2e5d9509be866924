package measure

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// A Contender is one of the servers that a row compares.
type Contender struct {
	Name string
	PID  int // process whose CPU time counts, with that of its descendants
	// Run repeats the measured operation until the duration is over. It returns the number of
	// operations, and the octets of mail that they moved.
	Run   func(time.Duration) (times int, octets int64, err error)
	After func() error // run after each turn, not measured; may be nil
}

// A Sample is what a Contender did in one turn.
type Sample struct {
	Times     int
	octets    int64
	CPU, Took time.Duration
}

// A Turn is the Sample of a Contender beside those of the bare server and of the first server in
// the same round.
type Turn struct{ Own, floor, first Sample }

// Each returns the CPU time of one operation in seconds.
func (w Sample) Each() float64 { return w.CPU.Seconds() / float64(w.Times) }

// Rounds compare servers: in each round each has its turn, so that other load on the machine
// affects all of them. Ratios are taken within a round.
type Rounds struct {
	Number int
	Period time.Duration
	Notes  *Notes
	Out    io.Writer
}

// Compare prints a row for each Contender: the median of its turns. If floored is true, the first
// Contender is the bare server.
func (r *Rounds) Compare(about []string, contenders []Contender, floored bool, columns []Column[Turn]) error {
	turns := make([][]Turn, len(contenders))
	for range r.Number {
		var floor, first Sample
		for i, contender := range contenders {
			own, err := r.turn(contender)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", contender.Name, strings.Join(about, ", "), err)
			}
			switch {
			case i == 0 && floored:
				floor = own
			case first.Times == 0:
				first = own
			}
			turns[i] = append(turns[i], Turn{own, floor, first})
		}
	}
	for i, contender := range contenders {
		Row(r.Out, append(append([]string(nil), about...), contender.Name), columns, turns[i])
		AddRow(r.Notes, strings.Join(about, " "), contender.Name, columns, turns[i])
	}
	return nil
}

// turn runs a Contender once.
func (r *Rounds) turn(contender Contender) (w Sample, err error) {
	before, err := FamilyTime(contender.PID)
	if err != nil {
		return w, err
	}
	began := time.Now()
	if w.Times, w.octets, err = contender.Run(r.Period); err != nil {
		return w, err
	}
	w.Took = time.Since(began)
	after, err := FamilyTime(contender.PID)
	w.CPU = after - before
	if err == nil && contender.After != nil {
		err = contender.After()
	}
	return w, err
}

// Ratio returns the ratio of the CPU times of one operation, or NaN if other is empty.
func (w Sample) Ratio(other Sample) float64 {
	if other.Times == 0 {
		return math.NaN()
	}
	return w.Each() / other.Each()
}

// Columns that several tables share.
var (
	PerFloor  = Column[Turn]{"x floor", "%.2f", func(l Turn) float64 { return l.Own.Ratio(l.floor) }}
	PerFirst  = Column[Turn]{"x first", "%.2f", func(l Turn) float64 { return l.Own.Ratio(l.first) }}
	CPUMicro  = Column[Turn]{"CPU us / message", "%.1f", func(l Turn) float64 { return l.Own.Each() * 1e6 }}
	CPUGiga   = Column[Turn]{"CPU s / GB", "%.2f", func(l Turn) float64 { return l.Own.CPU.Seconds() * 1e9 / float64(l.Own.octets) }}
	PerSecond = Column[Turn]{"messages / s", "%.0f", func(l Turn) float64 { return float64(l.Own.Times) / l.Own.Took.Seconds() }}
	MegaBytes = Column[Turn]{"MB / s", "%.0f", func(l Turn) float64 { return float64(l.Own.octets) / 1e6 / l.Own.Took.Seconds() }}
)
