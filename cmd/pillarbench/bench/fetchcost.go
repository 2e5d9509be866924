package bench

import (
	"math"

	"pillarbox/cmd/pillarbench/fetcher"
	"pillarbox/cmd/pillarbench/measure"
)

// A fetchCost is the cost of fetching the messages of a row.
type fetchCost struct {
	fetcher.Usage
	messages int
	octets   int64 // of all messages
	device   measure.DeviceCount
}

func (c fetchCost) each(n int64) float64 { return float64(n) / float64(c.messages) }

// fetchColumns are the columns of the table.
var fetchColumns = []measure.Column[fetchCost]{
	{Head: "CPU s / 1000 messages", Format: "%.2f", Figure: func(c fetchCost) float64 { return c.CPU.Seconds() * 1000 / float64(c.messages) }},
	{Head: "fetcher KiB", Format: "%.0f", Figure: func(c fetchCost) float64 { return float64(c.Peak.Child) / 1024 }},
	{Head: "server KiB", Format: "%.0f", Figure: func(c fetchCost) float64 { return float64(c.Peak.Server) / 1024 }},
	{Head: "KiB a message", Format: "%.1f", Figure: func(c fetchCost) float64 { return c.each(c.device.Octets) / 1024 }},
	{Head: "device octets / octet of mail", Format: "%.2f", Figure: func(c fetchCost) float64 { return float64(c.device.Octets) / float64(c.octets) }},
	{Head: "flushes a message", Format: "%.2f", Figure: func(c fetchCost) float64 { return c.each(c.device.Flushes) }},
	{Head: "messages / s", Format: "%.0f", Figure: func(c fetchCost) float64 { return float64(c.messages) / c.Took.Seconds() }},
}

// A pollCost is what polls of a mailbox cost in which nothing is new.
type pollCost struct{ octets []int64 }

func (c pollCost) mean() float64 {
	var sum int64
	for _, n := range c.octets {
		sum += n
	}
	return float64(sum) / float64(len(c.octets))
}

func (c pollCost) least() float64 {
	least := c.octets[0]
	for _, n := range c.octets {
		least = min(least, n)
	}
	return float64(least)
}

func (c pollCost) most() float64 {
	var most int64
	for _, n := range c.octets {
		most = max(most, n)
	}
	return float64(most)
}

var pollColumns = []measure.Column[pollCost]{
	{Head: "octets a poll", Format: "%.0f", Figure: pollCost.mean},
	{Head: "least", Format: "%.0f", Figure: pollCost.least},
	{Head: "most", Format: "%.0f", Figure: pollCost.most},
}

// A brokenCost is what a large message costs over lines that break.
type brokenCost struct {
	arrived bool
	octets  int64 // on the line
	size    int
	lines   int // connections, the broken ones among them
	broken  int
}

var brokenColumns = []measure.Column[brokenCost]{
	{Head: "octets on the line / octet of mail", Format: "%.3f", Figure: func(c brokenCost) float64 {
		if !c.arrived {
			return math.NaN()
		}
		return float64(c.octets) / float64(c.size)
	}},
	{Head: "connections", Format: "%.0f", Figure: func(c brokenCost) float64 { return float64(c.lines) }},
	{Head: "broken", Format: "%.0f", Figure: func(c brokenCost) float64 { return float64(c.broken) }},
}
