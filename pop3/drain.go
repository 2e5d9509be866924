package pop3

import (
	"bytes"
	"errors"
	"os"
	"time"
)

// A pace is what a client has to keep up with while it takes what it asked for: gatherSize octets in the time of one wait. So
// much holds for what flush writes by itself, whose every write has one deadline.
type pace struct {
	by   time.Time // when the next octets have to be taken
	from int64     // octets that had left when by was set
}

// paced returns until when the client may take what is being sent: a line may be slow, but one that takes an octet now and
// then would keep its session for ever.
func (d *dialogue) paced() time.Time {
	left := d.sent - int64(len(d.left))
	if d.pace.by.IsZero() || left-d.pace.from >= gatherSize {
		d.pace = pace{d.deadline(), left}
	}
	return d.pace.by
}

// patience returns until when a write waits, with all that the session takes, for a client to keep its pace.
func (d *dialogue) patience() time.Time {
	by := d.paced()
	if d.dozes == 0 {
		return by
	}
	return earlier(by, time.Now().Add(d.dozes))
}

// earlier returns the time that comes first.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// stalls reports whether a write has ended by its patience alone: errDozes is due.
func (d *dialogue) stalls(err error) bool {
	return d.dozes != 0 && errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(d.pace.by)
}

// drain sends what was gathered like flush, but waits for a short while only. After errDozes the session is to come back
// when the socket has room; what is gathered then waits in as few octets as it has. TLS cannot stop within
// a record, and waits.
func (d *dialogue) drain() error {
	if d.tcp == nil || d.dozes == 0 {
		return d.flush()
	}
	return d.drainBy(d.conn.Write)
}

// drainBy is drain by another write, which does all that it is given or has an error.
func (d *dialogue) drainBy(write func([]byte) (int, error)) error {
	b := d.due()
	if len(b) == 0 {
		return d.err
	}
	for ; len(b) > 0 && d.err == nil; b = d.due() {
		d.conn.SetWriteDeadline(d.patience())
		n, err := write(b)
		if d.stalls(err) {
			d.setAside(n)
			return errDozes
		}
		d.gone(n)
		d.note(err)
	}
	d.gathered, d.left, d.pace = 0, nil, pace{}
	return d.err
}

// setAside keeps what is due behind its first n octets, and gives the buffer back. It is as good as sent, for the client may
// have a part of it.
func (d *dialogue) setAside(n int) {
	if d.left != nil {
		d.left = d.left[n:]
		return
	}
	d.left = bytes.Clone(d.out[n:d.gathered])
	d.sent += int64(d.gathered)
	d.gathered = 0
	d.giveBack()
}
