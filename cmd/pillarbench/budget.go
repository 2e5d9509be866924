package main

import "fmt"

// A budget is the most that a mail may cost the flash. It counts what the box asks of the device, which
// no other load on the machine changes but for how many mails share a flush among 16 senders: there it is wide.
type budget struct {
	load    string
	senders int
	ratio   float64 // device octets a mail octet
	flushes float64 // a mail
}

// budgets hold for a file system whose blocks are overwritten in place, with no mail left out: the
// journal's own commit at the end is in them.
var budgets = [...]budget{
	{"4 KiB", 1, 2.2, 1.05},
	{"4 KiB", 16, 1.4, 0.35},
	{"16 KiB", 1, 1.35, 1.05},
	{"64 KiB", 1, 1.15, 1.05},
	{"mixed", 1, 1.15, 1.05},
	{"mixed", 16, 1.08, 0.35},
}

// overspent says which budget the median of a row's runs has passed, or that there is none for it.
func overspent(r wearRow, costs []cost) error {
	for _, b := range budgets {
		if b.load != r.load.name || b.senders != r.senders {
			continue
		}
		ratio, flushes := make([]float64, len(costs)), make([]float64, len(costs))
		for i, c := range costs {
			ratio[i] = float64(c.device.octets) / float64(c.octets)
			flushes[i] = c.each(c.device.flushes)
		}
		if r, f := median(ratio), median(flushes); r > b.ratio || f > b.flushes {
			return fmt.Errorf("over budget: %.2f device octets a mail octet, %.2f flushes a mail; at most %.2f and %.2f", r, f, b.ratio, b.flushes)
		}
		return nil
	}
	return fmt.Errorf("no budget says what it may cost")
}
