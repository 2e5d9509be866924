package measure

import "testing"

func TestMedian(t *testing.T) {
	for _, row := range []struct {
		figures []float64
		want    float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1}, 2},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 9, 2}, 3},
	} {
		if got := Median(row.figures); got != row.want {
			t.Errorf("median of %v: got %v, want %v", row.figures, got, row.want)
		}
	}
}
