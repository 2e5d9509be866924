package flashtest_test

import (
	"bytes"
	"fmt"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

// A log that promises a page as soon as Sync has returned keeps its promise whenever the power
// goes. One that promises it after WriteAt does not, and every device shows it.
func Example() {
	// deliver writes pages until it meets an error and returns how many it has promised.
	deliver := func(d *flashtest.Device, flush bool) (promised int) {
		f, err := d.Create("00000", 64<<10)
		if err != nil {
			return 0
		}
		for i := range 3 {
			p := flash.Aligned(flash.Page)
			copy(p, bytes.Repeat([]byte{'a' + byte(i)}, flash.Page))
			if _, err := f.WriteAt(p, int64(i)*flash.Page); err != nil {
				return promised
			}
			if !flush {
				promised++
			}
			if err := f.Sync(); err != nil {
				return promised
			}
			if flush {
				promised++
			}
		}
		return promised
	}
	for _, flush := range []bool{true, false} {
		clean := flashtest.New(flashtest.Options{})
		deliver(clean, flush)
		broken := 0
		for k := 1; k <= clean.Ops(); k++ {
			d := flashtest.New(flashtest.Options{})
			d.CutAt(k)
			promised := deliver(d, flush)
			for _, after := range d.Outcomes(1, 8) {
				held := after.Bytes("00000")
				for i := range promised {
					if held[i*flash.Page] != 'a'+byte(i) || held[(i+1)*flash.Page-1] != 'a'+byte(i) {
						broken++
						break
					}
				}
			}
		}
		fmt.Printf("flush before the promise: %t, promises broken: %t\n", flush, broken > 0)
	}
	// Output:
	// flush before the promise: true, promises broken: false
	// flush before the promise: false, promises broken: true
}
