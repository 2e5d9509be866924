package remote

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"unicode"
)

// mostDescribed is how many messages a notice describes.
const mostDescribed = 20

// notices is the number under which the store has the ids of messages that the owner was told
// about. It is another one than Number, under which an id stands for a message that is not fetched.
func (a *Account) notices() uint64 { return max(a.Number()^1, 1) }

// tellLarge notifies the owner which messages stay at the provider because they are too large, each
// once.
func (c *collection) tellLarge(ctx context.Context) error {
	number := c.account.notices()
	if c.store.Count(number) > 0 {
		c.store.Forget(number, func(id ID) bool { return len(c.rows.of(id)) == 0 })
	}
	fresh := slices.DeleteFunc(c.telling.large, func(r *row) bool { return c.store.Has(number, r.id) })
	if len(fresh) == 0 || c.telling.notices == nil || c.order.dry {
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "These messages are larger than what is fetched from %s\r\n(largest = %q), or than what fits into your mailbox.\r\nThey stay at the provider:\r\n", c.account.Name, c.account.Largest)
	var told []Noted
	for i, r := range fresh {
		told = append(told, Noted{ID: r.id})
		if i >= mostDescribed {
			continue
		}
		header, err := c.header(r)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "\r\n    From:    %s\r\n    Subject: %s\r\n    Date:    %s\r\n    Octets:  %d\r\n",
			readable(header.Get("From")), readable(header.Get("Subject")), readable(header.Get("Date")), r.Octets)
	}
	if more := len(fresh) - mostDescribed; more > 0 {
		fmt.Fprintf(&text, "\r\nand %d more.\r\n", more)
	}
	if !c.telling.notices.tell(ctx, c.account, "Messages at "+c.account.Name+" are too large to be fetched", text.String()) {
		return nil
	}
	return c.store.Note(number, told)
}

// header reads the header of a message; of one that is malformed, what is before the fault.
func (c *collection) header(r *row) (mail.Header, error) {
	var text bytes.Buffer
	if err := left(c.mailbox.Header(r.Ref, &text)); err != nil {
		return nil, err
	}
	text.WriteString("\r\n\r\n")
	m, err := mail.ReadMessage(&text)
	if err != nil {
		return nil, nil
	}
	return m.Header, nil
}

// mostReadable bounds the value of a header field in a notice, in runes.
const mostReadable = 200

// readable returns the value of a header field as people read it, in one line.
func readable(value string) string {
	if decoded, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		value = decoded
	}
	runes := []rune(strings.ToValidUTF8(strings.Join(strings.Fields(value), " "), "?"))
	for i, r := range runes {
		if unicode.IsControl(r) {
			runes[i] = '?'
		}
	}
	if len(runes) > mostReadable {
		runes = append(runes[:mostReadable], '…')
	}
	if len(runes) == 0 {
		return "-"
	}
	return string(runes)
}

// tellRenumbered notifies the owner that the provider has given other names to the messages.
func (c *collection) tellRenumbered(ctx context.Context, again int) {
	if c.Known == 0 || c.order.dry || c.telling.notices == nil {
		return
	}
	c.telling.notices.tell(ctx, c.account, "The mailbox of "+c.account.Name+" was numbered anew by its provider", fmt.Sprintf(
		"The provider of %s calls its messages by other names than before.\r\n%d of them were recognized and are not fetched a second time.\r\n"+
			"%d were not, because they are new or have no Message-ID: they are fetched.\r\n", c.account.Name, c.Known, again))
}
