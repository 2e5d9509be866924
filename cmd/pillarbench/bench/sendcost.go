package bench

import (
	"time"

	"pillarbox/cmd/pillarbench/measure"
)

// A sendCost is the cost of messages from their submission until the queue is empty.
type sendCost struct {
	messages int
	octets   int64 // of all messages
	cpu      time.Duration
	took     time.Duration
	device   measure.DeviceCount
	peak     measure.Peak
}

func (c sendCost) each(n int64) float64 { return float64(n) / float64(c.messages) }

// sendColumns are the columns of the table.
var sendColumns = []measure.Column[sendCost]{
	{Head: "CPU s / 1000 messages", Format: "%.2f", Figure: func(c sendCost) float64 { return c.cpu.Seconds() * 1000 / float64(c.messages) }},
	{Head: "children KiB", Format: "%.0f", Figure: func(c sendCost) float64 { return float64(c.peak.Child) / 1024 }},
	{Head: "server KiB", Format: "%.0f", Figure: func(c sendCost) float64 { return float64(c.peak.Server) / 1024 }},
	{Head: "KiB a message", Format: "%.1f", Figure: func(c sendCost) float64 { return c.each(c.device.Octets) / 1024 }},
	{Head: "device octets / octet of mail", Format: "%.2f", Figure: func(c sendCost) float64 { return float64(c.device.Octets) / float64(c.octets) }},
	{Head: "flushes a message", Format: "%.2f", Figure: func(c sendCost) float64 { return c.each(c.device.Flushes) }},
	{Head: "messages / s", Format: "%.0f", Figure: func(c sendCost) float64 { return float64(c.messages) / c.took.Seconds() }},
}

// A retryCost is what one retry of all messages writes while the smarthost is dead.
type retryCost struct {
	attempts int // connections to the smarthost
	device   measure.DeviceCount
	cpu      time.Duration
}

var retryColumns = []measure.Column[retryCost]{
	{Head: "KiB a retry", Format: "%.0f", Figure: func(c retryCost) float64 { return float64(c.device.Octets) / 1024 }},
	{Head: "flushes", Format: "%.0f", Figure: func(c retryCost) float64 { return float64(c.device.Flushes) }},
	{Head: "connections", Format: "%.0f", Figure: func(c retryCost) float64 { return float64(c.attempts) }},
	{Head: "CPU ms", Format: "%.0f", Figure: func(c retryCost) float64 { return milliseconds(c.cpu) }},
}
