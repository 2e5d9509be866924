package siege

import "context"

// An Attack is many hostile clients of one kind.
type Attack struct {
	Name string
	// Play attacks until the context ends, and returns when all its clients have ended.
	Play func(context.Context, Target, *Counts)
}

// Attacks are the attacks during which a known client of the same network must be served.
var Attacks = []Attack{
	{"guesses", guesses},
	{"silent", silent},
	{"handshakes", handshakes},
	{"local", local},
	{"unfinished", unfinished},
}
