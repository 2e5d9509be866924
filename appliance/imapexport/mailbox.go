package imapexport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/archive"
	"pillarbox/appliance/transfer"
)

// A Mailbox is a folder of an IMAP server that an export fills. It is a transfer.Taker. It is used
// by one goroutine.
type Mailbox struct {
	target  Target
	options Options
	client  *imapclient.Client
	had     map[sum]int // how often the folder has a message that was not yet matched
	octets  int64       // of the next message
	pending []pending   // in the order in which they were sent
	inARow  int         // refusals
	archive.Tally
	Refused []string // messages that the server refused: unique-id and reason
}

// Open connects to a server, makes the folder if it is missing, and reads which messages it has.
func Open(t Target, o Options) (*Mailbox, error) {
	m := &Mailbox{target: t, options: o, had: map[sum]int{}}
	var err error
	if m.client, err = connect(t, o); err != nil {
		return nil, err
	}
	if err := m.list(); err != nil {
		m.client.Close()
		return nil, fmt.Errorf("%s: folder %q: %w", t.address(), t.Folder, err)
	}
	return m, nil
}

// list reads the sums of the messages that are there.
func (m *Mailbox) list() error {
	data, err := m.client.Select(m.target.Folder, nil).Wait()
	var no *imap.Error
	if errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo {
		if err := m.client.Create(m.target.Folder, nil).Wait(); err != nil {
			return fmt.Errorf("%w; creating it: %w", no, err)
		}
		data, err = m.client.Select(m.target.Folder, nil).Wait()
	}
	if err != nil {
		return err
	}
	messages, err := m.quiet(data.NumMessages)
	if err != nil || messages == 0 {
		return err
	}
	var all imap.SeqSet
	all.AddRange(1, messages)
	fields := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: sumFields[:], Peek: true}
	fetch := m.client.Fetch(all, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{fields}})
	for message := fetch.Next(); message != nil; message = fetch.Next() {
		for item := message.Next(); item != nil; item = message.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil {
				continue
			}
			var s summer
			if _, err := io.Copy(&s, body.Literal); err != nil {
				return errors.Join(err, fetch.Close())
			}
			m.had[s.sum()]++
		}
	}
	return fetch.Close()
}

// quiet waits until no message has arrived in the folder for a while, and returns how many there
// are; SELECT has counted the given ones. If an earlier export was cut off, the server may still
// append what it had received: without the wait these messages would be sent again.
func (m *Mailbox) quiet(messages uint32) (uint32, error) {
	for {
		time.Sleep(m.options.Quiet)
		if err := m.client.Noop().Wait(); err != nil {
			return 0, err
		}
		// Mailbox may return nil until the client has read a reply that follows the one to SELECT.
		now := m.client.Mailbox().NumMessages
		if now == messages {
			return now, nil
		}
		messages = now
	}
}

// Close logs out.
func (m *Mailbox) Close() error {
	err := m.client.Logout().Wait()
	m.client.Close() // reports how the connection ended
	return err
}

// Wants returns true for each message: only the header shows whether the folder has it.
func (m *Mailbox) Wants(_ string, octets int64) bool {
	m.octets = octets
	return true
}

// Damaged notes a message that does not verify.
func (m *Mailbox) Damaged(uid string) { m.Bad = append(m.Bad, uid) }

// longestHeader bounds a header in octets. It is held until the sum of it is known.
const longestHeader = 256 << 10

// mostRefusals is after how many refusals in a row an export ends.
const mostRefusals = 20

// Take sends a message, unless the folder has it. Finish waits for the answer.
func (m *Mailbox) Take(uid string, o transfer.Origin, content io.Reader) error {
	var s summer
	var header bytes.Buffer
	_, err := io.Copy(&header, io.LimitReader(&headerReader{content, &s}, longestHeader))
	if err != nil {
		return err
	}
	if header.Len() >= longestHeader {
		m.Refused = append(m.Refused, uid+": its header is too long to be compared with those that are there")
		return nil
	}
	is := s.sum()
	if m.had[is] > 0 {
		m.had[is]--
		m.Skipped++
		return nil
	}
	return m.send(uid, is, o, io.MultiReader(&header, content))
}

// A headerReader reads a message until the summer has its header, and some octets behind it.
type headerReader struct {
	from io.Reader
	to   *summer
}

func (r *headerReader) Read(p []byte) (int, error) {
	if r.to.at == ended {
		return 0, io.EOF
	}
	n, err := r.from.Read(p)
	r.to.Write(p[:n])
	return n, err
}

// copyLines copies lines that end in LF as lines that end in CRLF.
func copyLines(to io.Writer, from io.Reader) (n int64, err error) {
	src, dst := make([]byte, 16<<10), make([]byte, 0, 32<<10)
	for {
		read, err := from.Read(src)
		dst = dst[:0]
		for _, b := range src[:read] {
			if b == '\n' {
				dst = append(dst, '\r')
			}
			dst = append(dst, b)
		}
		written, failed := to.Write(dst)
		n += int64(written)
		switch {
		case failed != nil:
			return n, failed
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		}
	}
}
