package appliance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
	"pillarbox/spool"
)

const (
	warnPercent  = 65 // of the capacity is live: new mail is refused at 80
	relaxPercent = 60 // below it the next warning is due again
)

// A condition is how the spool was when it was last looked at. It belongs to the goroutine that looks.
type condition struct {
	faults, damaged int
	warned          bool
}

// inspect says what has become of the spool since the last time: in the log, and, when it fills up, once by a
// mail to postmaster, for nobody reads the log of a box that works.
func (a *Appliance) inspect(ctx context.Context, c *condition) {
	st := a.spool.Stats()
	if st.Damaged > c.damaged {
		a.log.Error("stored mail is damaged; the rest is served", logbook.Int("records", st.Damaged-c.damaged))
	}
	if st.Faults > c.faults {
		a.log.Error("the device of the spool failed", logbook.Int("faults", st.Faults-c.faults), logbook.Error(st.LastFault))
	}
	c.faults, c.damaged = st.Faults, st.Damaged
	switch percent := st.Live * 100 / st.Capacity; {
	case percent < relaxPercent:
		c.warned = false
	case percent >= warnPercent && !c.warned:
		c.warned = true
		a.log.Warn("the spool fills up", logbook.Int64("percent", percent), logbook.Int64("octets", st.Live), logbook.Int64("capacity", st.Capacity))
		err := a.tellPostmaster(ctx, "The mail box fills up", fmt.Sprintf(
			"%d%% of the %v for mail are in use; at 80%% new mail is refused.\r\n"+
				"Let the mail programs of the house delete what they have fetched, delete\r\n"+
				"mail, or raise spool.capacity in the configuration.\r\n", percent, config.Size(st.Capacity)))
		if err != nil {
			a.log.Error("postmaster could not be told", logbook.Error(err))
		}
	}
}

// tellPostmaster delivers a notice of the box itself. body is plain ASCII in lines that end in CRLF and
// begin with no dot.
func (a *Appliance) tellPostmaster(ctx context.Context, subject, body string) error {
	in := a.rules.Load()
	names, err := in.routing.Route("postmaster", "")
	if err != nil {
		return err
	}
	var to []spool.Recipient
	for _, name := range names {
		account, _ := in.table.Lookup(name)
		to = append(to, spool.Recipient{Mailbox: spool.Key(account.Mailbox)})
	}
	now := a.now()
	postmaster := AddressOf(in.config, "postmaster")
	header := strings.Join([]string{
		"From: pillarbox <" + postmaster + ">", "To: " + postmaster, "Date: " + now.Format(time.RFC1123Z),
		fmt.Sprintf("Message-ID: <%d@%s>", now.UnixNano(), in.config.Hostname), "Subject: " + subject, "", "",
	}, "\r\n")
	d, err := a.spool.Begin(ctx, spool.Envelope{Received: now}, to)
	if err != nil {
		return err
	}
	defer d.Abort()
	if _, err := d.Write([]byte(header + body + ".\r\n")); err != nil {
		return err
	}
	return d.Commit(ctx, spool.Shape{Octets: int64(len(header) + len(body)), Header: int64(len(header))})
}
