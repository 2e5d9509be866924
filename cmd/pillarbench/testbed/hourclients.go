package testbed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

const (
	// hourKept is how many messages of a mailbox remain after a download.
	hourKept = 40
	// hourFetched is how many messages, the newest, are downloaded at a time.
	hourFetched = 6
	// One message in hourLarge has hourOctets; the others have sizes of the mixed load.
	hourLarge, hourOctets = 40, 1 << 20
	// hourVisits is how often a client tries to log in if the server closes the connection: a
	// handshake may take ten seconds, and the emulated board on a busy machine is slower than any
	// real one.
	hourVisits = 10
)

// An hour is a run of the mixed load.
type hour struct {
	bed    *Bed
	out    io.Writer
	minute int            // of the load
	number atomic.Uint64  // of the latest message
	done   []atomic.Int64 // by kind of work
	again  atomic.Int64   // logins that were tried again
}

// wait waits, and reports false if ctx has ended.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *hour) clients(user string, secure bool) client.Sessions {
	address := h.bed.POP3()
	if secure {
		address = h.bed.pop3s()
	}
	return client.Sessions{Address: address, Secure: secure, Login: func(int) (string, string) { return user, client.Password }}
}

// visit logs in, at most hourVisits times.
func (h *hour) visit(by client.Sessions) (r *client.POP3, err error) {
	for range hourVisits {
		if r, err = by.Dial(0); !errors.Is(err, io.EOF) {
			return r, err
		}
		h.again.Add(1)
	}
	return nil, err
}

// deliver delivers two messages over one connection, one to each mailbox.
func (h *hour) deliver(ctx context.Context, pause time.Duration) error {
	s, err := client.DialSMTP(h.bed.SMTP())
	if err != nil {
		return err
	}
	defer s.Close()
	for _, mailbox := range client.Mailboxes {
		l := client.Message{Number: h.number.Add(1)}
		l.Octets = client.Mixed(l.Number)
		if l.Number%hourLarge < uint64(len(client.Mailboxes)) {
			l.Octets = hourOctets
		}
		if err := s.Deliver(l, mailbox+"@home.arpa"); err != nil {
			return fmt.Errorf("message %d: %w", l.Number, err)
		}
	}
	wait(ctx, pause)
	return nil
}

// poll does what a mail client does every few minutes.
func (h *hour) poll(ctx context.Context, pause time.Duration) error {
	r, err := h.visit(h.clients("anna", false))
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Command("STAT"); err != nil {
		return err
	}
	if _, err := r.UIDs(); err != nil {
		return err
	}
	wait(ctx, pause)
	return r.Command("QUIT")
}

// download retrieves and verifies the newest messages, and removes the oldest.
func (h *hour) download(ctx context.Context, by client.Sessions, pause time.Duration) error {
	r, err := h.visit(by)
	if err != nil {
		return err
	}
	defer r.Close()
	uids, err := r.UIDs()
	if err != nil {
		return err
	}
	if len(uids) < hourKept {
		return fmt.Errorf("%d messages are left of %d", len(uids), hourKept)
	}
	for n := len(uids); n > len(uids)-hourFetched; n-- {
		mail, err := r.Retrieve(n)
		if err == nil {
			_, err = client.Verify(mail)
		}
		if err != nil {
			return fmt.Errorf("message %d: %w", n, err)
		}
	}
	var oldest []int
	for n := 1; n <= len(uids)-hourKept; n++ {
		oldest = append(oldest, n)
	}
	if err := r.Delete(oldest); err != nil {
		return err
	}
	wait(ctx, pause)
	return nil
}

// idle keeps four sessions open that send nothing.
func (h *hour) idle(ctx context.Context, by client.Sessions, pause time.Duration) error {
	c := client.Crowd{Sessions: by}
	defer c.Close()
	for range 4 {
		r, err := h.visit(by)
		if err != nil {
			return err
		}
		c.Conns = append(c.Conns, r)
	}
	wait(ctx, pause)
	return nil
}
