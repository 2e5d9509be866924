package appliance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/identity"
	"pillarbox/pop3/wire"
)

// A notice is a message of the server itself. body is text in lines that end in CRLF and do not
// begin with a dot.
type notice struct{ to, subject, body string }

// deliverNotice delivers a notice to accounts; to is whose address it has.
func deliverNotice(ctx context.Context, intake *delivery.Intake, c *config.Config, now time.Time, accounts []string, n notice) error {
	var to []delivery.Recipient
	for _, name := range accounts {
		to = append(to, delivery.Recipient{Account: name})
	}
	header := strings.Join([]string{
		"From: pillarbox <" + identity.AddressOf(c, "postmaster") + ">", "To: " + identity.AddressOf(c, n.to), "Date: " + now.Format(time.RFC1123Z),
		fmt.Sprintf("Message-ID: <%d@%s>", now.UnixNano(), c.Hostname), "Subject: " + n.subject,
		"Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "",
	}, "\r\n")
	size := int64(len(header) + len(n.body))
	d, err := intake.Begin(ctx, delivery.Message{Source: delivery.Notice, Size: size, Received: now}, to)
	if err != nil {
		return err
	}
	defer d.Abort()
	if _, err := d.Write([]byte(header + n.body + ".\r\n")); err != nil {
		return err
	}
	return d.Commit(ctx, wire.Shape{Octets: size, Header: int64(len(header))})
}
