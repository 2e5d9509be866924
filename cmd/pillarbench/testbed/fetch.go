package testbed

import (
	"context"
	"strings"
)

// Fetcher returns a function that collects the mail of all remote accounts, until the power of this
// boot is cut, and reports whether that was done: an account that has no room, or whose provider is
// out of reach, is to be tried again.
func (r *Bed) Fetcher() func(ctx context.Context) (done bool, err error) {
	powered := r.board // another goroutine may cut the power
	return func(ctx context.Context) (done bool, err error) {
		if err := powered.Say("fetch"); err != nil {
			return false, err
		}
		line, err := powered.Await(ctx, "board: fetched with ")
		return strings.HasSuffix(line, " with 0"), err
	}
}

// Queue returns the first line of the list of outgoing mail.
func (r *Bed) Queue(ctx context.Context) (string, error) {
	if err := r.board.Say("queue"); err != nil {
		return "", err
	}
	return r.board.Await(ctx, "board: queue: ")
}
