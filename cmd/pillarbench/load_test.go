package main

import "testing"

func TestParseLoad(t *testing.T) {
	for _, row := range []struct {
		text, name string
		octets     int
	}{
		{"4096", "4 KiB", 4096},
		{"64k", "64 KiB", 65536},
		{"1000", "1000 B", 1000},
	} {
		l, err := parseLoad(row.text)
		if err != nil || l.name != row.name || l.octets(7) != row.octets || l.mean != row.octets {
			t.Errorf("%s: got %s of %d octets, %v, want %s of %d", row.text, l.name, l.mean, err, row.name, row.octets)
		}
	}
	for _, text := range []string{"", "k", "-4k", "64", "20000k", "4x", "mixed"} {
		if _, err := parseLoad(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// Wherever a row begins, its letters must have nearly the mean that the load promises.
func TestMixedMean(t *testing.T) {
	for _, first := range []uint64{1, 1000, 123456} {
		sum := 0
		for i := range uint64(400) {
			octets := mixed(first + i)
			if octets < 128 || octets > 1<<20 {
				t.Fatalf("letter %d has %d octets", first+i, octets)
			}
			sum += octets
		}
		if mean := sum / 400; mean < mixMean*94/100 || mean > mixMean*106/100 {
			t.Errorf("letters %d and on: mean %d, want about %d", first, mean, mixMean)
		}
	}
}

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
		if got := median(row.figures); got != row.want {
			t.Errorf("median of %v: got %v, want %v", row.figures, got, row.want)
		}
	}
}
