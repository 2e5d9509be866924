package measure

import "testing"

func TestParseStat(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       DeviceCount
		fails      bool
	}{
		{"Linux 5.5 and later", "  1 2 3 4 5 6 700 8 0 10 11 0 0 0 0 16 17\n", DeviceCount{Read: 3 * 512, Writes: 5, Octets: 700 * 512, Flushes: 16}, false},
		{"before flushes were counted", "1 2 3 4 5 6 7 8 0 10 11 0 0 0 0\n", DeviceCount{}, true},
		{"empty", "", DeviceCount{}, true},
		{"no number", "1 2 3 4 5 6 x 8 0 10 11 0 0 0 0 16 17", DeviceCount{}, true},
	} {
		got, err := parseStat(row.text)
		if got != row.want || (err != nil) != row.fails {
			t.Errorf("%s: got %v, %v, want %v", row.name, got, err, row.want)
		}
	}
}

func TestDeviceCountMinus(t *testing.T) {
	got := DeviceCount{9, 7, 4096, 3}.Minus(DeviceCount{2, 3, 1024, 1})
	if want := (DeviceCount{7, 4, 3072, 2}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
