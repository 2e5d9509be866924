package bench

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
)

// rowOctets is the most octets that a row delivers, so that they fit a mailbox of a small spool.
const rowOctets = 16 << 20

// warmRounds is the most rounds of the warm-up: it fails if pillarbox still fills slots.
const warmRounds = 60

// quietRounds is how many rounds in a row must fill no slot: a single one can find room in slots
// that are filled already.
const quietRounds = 6

// warmUp delivers to every mailbox of a server whose files are in a folder. With pillarbox it
// continues until rounds fill no more slots, because each slot is filled once in its life. It
// returns the octets of these slots.
func warmUp(s server.Server, folder string, own bool) (int64, error) {
	l, err := client.ParseLoad("64k")
	if err != nil {
		return 0, err
	}
	began, err := allocated(folder)
	if err != nil {
		return 0, err
	}
	grown, quiet := began, 0
	for range warmRounds {
		if _, err := server.Deliver(s, l, 1, rowOctets/l.Mean, server.Spread{Connections: client.MaxConnections, Mailboxes: client.MaxConnections}); err != nil {
			return 0, err
		}
		if err := server.EmptyAll(s); err != nil {
			return 0, err
		}
		now, err := allocated(folder)
		if err != nil {
			return 0, err
		}
		if now > grown {
			quiet = 0
		}
		if quiet++; quiet == quietRounds || !own {
			return now - began, nil
		}
		grown = now
	}
	return 0, fmt.Errorf("%s still grows after %d rounds", folder, warmRounds)
}

// allocated returns the octets on the device that the files below a folder use.
func allocated(folder string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		sum += info.Sys().(*syscall.Stat_t).Blocks * 512
		return nil
	})
	return sum, err
}
