package conn

import "time"

// A pace is how long the client may keep the server waiting. A command has the idle time from its
// first read until it is complete. Content gets that time again with every read that returns
// octets, but has to arrive at leastRate, see credit.
type pace struct {
	idle time.Duration

	content bool // whether content is being read
	running bool // whether the time of this command has begun
	metered bool // whether the credit runs: in content, and between chunks of a message

	by     time.Time     // when the time of this command is over
	credit time.Duration // how much longer the client may keep the server waiting, see leastRate
}

const (
	// leastRate is how many octets a second the content of a message has to bring, over any time:
	// a message holds room, and a client that brought an octet a minute would hold it for years.
	leastRate = 64
	// maxCredit is the most that a client may save up by sending faster: the window over which the
	// rate is measured. So a fast beginning buys four minutes of silence, not days, and a sender at
	// half the rate is cut after eight. Only waiting for the client counts, not the time in which
	// the server writes.
	maxCredit = 4 * time.Minute
)

// begin is called before a command line is read.
func (p *pace) begin() { p.content, p.running = false, false }

// beginContent is called before content is read. It starts the credit, unless that runs already:
// chunks of one message share one, with the commands between them.
func (p *pace) beginContent() {
	p.content = true
	if !p.metered {
		p.metered, p.credit = true, maxCredit
	}
}

// endContent stops the credit: the message is over.
func (p *pace) endContent() { p.metered = false }

// brought credits the client with n octets of content. Commands bring it nothing.
func (p *pace) brought(n int) {
	p.credit = min(p.credit+time.Duration(n)*time.Second/leastRate, maxCredit)
}

// due returns until when a read may wait that begins now.
func (p *pace) due(now time.Time) time.Time {
	if p.content || !p.running {
		p.running, p.by = true, now.Add(p.idle)
	}
	if out := now.Add(p.credit); p.metered && out.Before(p.by) {
		return out
	}
	return p.by
}

// waited is called after each read, with the time that it took.
func (p *pace) waited(d time.Duration) { p.credit -= d }
