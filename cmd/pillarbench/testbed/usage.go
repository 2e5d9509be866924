package testbed

import (
	"context"
	"fmt"
)

// A usage is the guest's memory in KiB.
type usage struct {
	pid    int // of the server
	own    int // private memory of the server
	most   int // maximum of own in several readings; 0 if there is one reading
	free   int // available memory
	killed int // processes that the guest killed because it was out of memory
}

// memoryUsage reads the guest's memory.
func (r *Bed) memoryUsage(ctx context.Context) (usage, error) {
	if err := r.board.Say("memory"); err != nil {
		return usage{}, err
	}
	line, err := r.board.Await(ctx, "board: free")
	if err != nil {
		return usage{}, err
	}
	return parseUsage(line)
}

func parseUsage(line string) (u usage, err error) {
	var all int
	if _, err = fmt.Sscanf(line, "board: free %d of %d KiB, box %d: %d KiB its own, %d killed", &u.free, &all, &u.pid, &u.own, &u.killed); err != nil {
		err = fmt.Errorf("memory of the guest, line %q: %w", line, err)
	}
	return u, err
}
