package bench

import (
	"strings"
	"testing"

	"pillarbox/cmd/pillarbench/measure"
)

// A row has the median of each column.
func TestRow(t *testing.T) {
	var out strings.Builder
	columns := []measure.Column[cost]{wearColumns[0], wearColumns[2], wearColumns[5]}
	measure.Heading(&out, []string{"server"}, columns)
	measure.Row(&out, []string{"ours"}, columns, []cost{
		{messages: 10, octets: 100, device: measure.DeviceCount{Octets: 200, Flushes: 30}},
		{messages: 10, octets: 100, device: measure.DeviceCount{Octets: 900, Flushes: 10}},
		{messages: 10, octets: 100, device: measure.DeviceCount{Octets: 300, Flushes: 20}},
	})
	const want = "| server | device octets / octet of mail | flushes a message | messages / s |\n| --- | --- | --- | --- |\n| ours | 3.00 | 2.00 | - |\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
