package bench

import (
	"fmt"
	"math"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/measure"
)

// A budget is a limit for the wear of a row. It counts requests to the device, which other load
// on the machine does not change, except how many messages of 16 senders share a flush: there it
// is wide.
type budget struct {
	load    string
	senders int
	ratio   float64 // device octets an octet of mail
	flushes float64 // flushes a message
}

// budgets are for a file system that overwrites blocks in place. They include the journal's
// commit at the end of a row.
var budgets = [...]budget{
	{"4 KiB", 1, 2.2, 1.05},
	{"4 KiB", 16, 1.4, 0.35},
	{"16 KiB", 1, 1.35, 1.05},
	{"64 KiB", 1, 1.15, 1.05},
	{"mixed", 1, 1.15, 1.05},
	{"mixed", 16, 1.08, 0.35},
}

// overspent returns an error if the median of a row's runs exceeds its budget, or if it has none.
func overspent(r WearRow, costs []cost) error {
	for _, b := range budgets {
		if b.load != r.Load.Name || b.senders != r.Senders {
			continue
		}
		ratio, flushes := make([]float64, len(costs)), make([]float64, len(costs))
		for i, c := range costs {
			ratio[i] = float64(c.device.Octets) / float64(c.octets)
			flushes[i] = c.each(c.device.Flushes)
		}
		if r, f := measure.Median(ratio), measure.Median(flushes); r > b.ratio || f > b.flushes {
			return fmt.Errorf("over budget: %.2f device octets an octet of mail, %.2f flushes a message; at most %.2f and %.2f", r, f, b.ratio, b.flushes)
		}
		return nil
	}
	return fmt.Errorf("there is no budget for it")
}

// A cost is the cost of a row's messages.
type cost struct {
	messages int
	octets   int64 // of all messages
	device   measure.DeviceCount
	cpu      time.Duration
	took     time.Duration // 0 if the sender paused
}

func (c cost) each(n int64) float64 { return float64(n) / float64(c.messages) }

// busy returns NaN in place of a figure that is meaningless because the sender paused.
func (c cost) busy(figure float64) float64 {
	if c.took == 0 {
		return math.NaN()
	}
	return figure
}

// wearColumns are the columns of the table.
var wearColumns = []measure.Column[cost]{
	{Head: "device octets / octet of mail", Format: "%.2f", Figure: func(c cost) float64 { return float64(c.device.Octets) / float64(c.octets) }},
	{Head: "KiB a message", Format: "%.1f", Figure: func(c cost) float64 { return c.each(c.device.Octets) / 1024 }},
	{Head: "flushes a message", Format: "%.2f", Figure: func(c cost) float64 { return c.each(c.device.Flushes) }},
	{Head: "KiB a write", Format: "%.1f", Figure: func(c cost) float64 { return float64(c.device.Octets) / float64(c.device.Writes) / 1024 }},
	{Head: "CPU s / 1000 messages", Format: "%.2f", Figure: func(c cost) float64 { return c.busy(c.cpu.Seconds() * 1000 / float64(c.messages)) }},
	{Head: "messages / s", Format: "%.0f", Figure: func(c cost) float64 { return c.busy(float64(c.messages) / c.took.Seconds()) }},
}

// A WearRow is the load and the number of senders of a row.
type WearRow struct {
	Load    client.Load
	Senders int
}
