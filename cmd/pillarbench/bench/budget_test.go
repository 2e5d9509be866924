package bench

import (
	"testing"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
)

func TestOverspent(t *testing.T) {
	l, err := client.ParseLoad("4k")
	if err != nil {
		t.Fatal(err)
	}
	spend := func(octets, flushes int64) cost {
		return cost{messages: 100, octets: 100 * 4096, device: measure.DeviceCount{Octets: 100 * octets, Flushes: flushes}}
	}
	for _, row := range []struct {
		name    string
		senders int
		costs   []cost
		fails   bool
	}{
		{"two pages and one flush", 1, []cost{spend(8192, 100)}, false},
		{"a flush too many in one run of three", 1, []cost{spend(8192, 100), spend(8192, 200), spend(8192, 102)}, false},
		{"two flushes", 1, []cost{spend(8192, 200)}, true},
		{"three pages", 1, []cost{spend(12288, 100)}, true},
		{"sixteen senders who share nothing", 16, []cost{spend(8192, 100)}, true},
		{"no budget", 7, []cost{spend(8192, 100)}, true},
	} {
		if err := overspent(WearRow{l, row.senders}, row.costs); (err != nil) != row.fails {
			t.Errorf("%s: got %v", row.name, err)
		}
	}
}
