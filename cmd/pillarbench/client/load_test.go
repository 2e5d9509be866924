package client

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
		l, err := ParseLoad(row.text)
		if err != nil || l.Name != row.name || l.Octets(7) != row.octets || l.Mean != row.octets {
			t.Errorf("%s: got %s of %d octets, %v, want %s of %d", row.text, l.Name, l.Mean, err, row.name, row.octets)
		}
	}
	for _, text := range []string{"", "k", "-4k", "64", "20000k", "4x", "mixed"} {
		if _, err := ParseLoad(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestMixedMean checks that messages in a row have nearly the mean of the load, with any first one.
func TestMixedMean(t *testing.T) {
	for _, first := range []uint64{1, 1000, 123456} {
		sum := 0
		for i := range uint64(400) {
			octets := Mixed(first + i)
			if octets < 128 || octets > 1<<20 {
				t.Fatalf("message %d has %d octets", first+i, octets)
			}
			sum += octets
		}
		if mean := sum / 400; mean < mixMean*94/100 || mean > mixMean*106/100 {
			t.Errorf("messages %d and on: mean %d, want about %d", first, mean, mixMean)
		}
	}
}
