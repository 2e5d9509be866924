package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// parts are the tests of a board.
var parts = [...]struct {
	name     string
	config   string
	watchdog bool
	lasts    bool // for the duration of the load
	tell     func(ctx context.Context, r *Bed, out io.Writer, long time.Duration) error
}{
	{"mail", Config, false, false, runMail},
	{"watchdog", Config + watchdogConfig, true, false, runWatchdog},
	{"hour", hourConfig, false, true, runHour},
}

// Run runs one part. Of a part that lasts, the load takes long; all else may take limit.
func Run(o Options, part string, long, limit time.Duration, out io.Writer) error {
	for _, p := range parts {
		if p.name != part {
			continue
		}
		if p.lasts {
			limit += long
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		r, err := New(o, p.config, client.Mailboxes[:]...)
		if err != nil {
			return err
		}
		r.watchdog = p.watchdog
		return errors.Join(p.tell(ctx, r, out, long), r.Close())
	}
	return fmt.Errorf("-part: there is no %q", part)
}
