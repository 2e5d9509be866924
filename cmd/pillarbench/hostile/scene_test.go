package hostile

import (
	"testing"
	"time"

	"pillarbox/cmd/pillarbench/siege"
)

// TestJudgeGuesses: once the burst is spent hardly a guess is judged; a processor that has not
// judged it yet may go on with it.
func TestJudgeGuesses(t *testing.T) {
	for _, tt := range []struct {
		early, later int64
		ok           bool
	}{
		{1020, 10, true},
		{1020, 11, false},
		{1500, 11, false},
		{1900, 101, false},
		{200, 100, true},
		{200, 820, true},
		{200, 821, false},
	} {
		var f figures
		var counts siege.Counts
		counts.Judged.Store(tt.early + tt.later)
		f.judgeGuesses(&counts, tt.early, time.Second)
		if (f.verdict == nil) != tt.ok {
			t.Errorf("%d, then %d: %v", tt.early, tt.later, f.verdict)
		}
	}
}
