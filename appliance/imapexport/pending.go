package imapexport

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"pillarbox/appliance/transfer"
)

// longestHeader bounds a header in octets. It is held until the sum of it is known.
const longestHeader = 256 << 10

// Wants returns true for each message: only the header shows whether the folder has it.
func (m *Mailbox) Wants(_ string, octets int64) bool {
	m.octets = octets
	return true
}

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

// Damaged notes a message that does not verify.
func (m *Mailbox) Damaged(uid string) { m.Bad = append(m.Bad, uid) }

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

// mostRefusals is after how many refusals in a row an export ends.
const mostRefusals = 20

// mostPending bounds the APPEND commands without an answer, so that a message does not cost a round
// trip or two. All of them fit in the buffers of a connection, so a server that is slow to answer
// does not run into the time limit of a write. A message above 4 KiB is sent when the server has
// answered all commands before it.
const mostPending = 8

// send sends a message. Its lines end in LF.
func (m *Mailbox) send(uid string, is sum, o transfer.Origin, content io.Reader) error {
	if err := m.settle(is); err != nil {
		return err
	}
	options := &imap.AppendOptions{Time: o.Received}
	if o.Seen {
		options.Flags = []imap.Flag{imap.FlagSeen}
	}
	command := m.client.Append(m.target.Folder, m.octets, options)
	m.pending = append(m.pending, pending{uid, is, command})
	sent, err := copyLines(command, content)
	if err == nil && sent != m.octets {
		err = fmt.Errorf("a message of %d octets is listed with %d", sent, m.octets)
	}
	if err == nil {
		err = command.Close()
	}
	if err != nil {
		return m.cut(command, err)
	}
	return nil
}

// cut ends a message that could not be sent: because the server refused it before it was sent, or
// because of err. The connection cannot be used any longer, because the server waits for the rest
// of the message, or would take the next line for a part of it.
func (m *Mailbox) cut(command *imapclient.AppendCommand, err error) error {
	last := m.pending[len(m.pending)-1]
	m.pending = m.pending[:len(m.pending)-1]
	failed := m.Finish() // the server has answered these already, or answers them now
	m.client.Close()
	command.Close() // has the error that is returned
	_, answer := last.command.Wait()
	if failed != nil {
		return failed
	}
	var no *imap.Error
	if !errors.As(answer, &no) {
		return m.failed(err)
	}
	if err := m.answered(last, answer); err != nil {
		return err
	}
	again, err := connect(m.target, m.options)
	if err != nil {
		return err // and Close finds the connection that is closed
	}
	m.client = again
	return nil
}

// settle waits for answers until another message can be sent. Messages with the same sum are never
// pending together: if the server takes the second one and not the first, a later export would take
// it for the first one.
func (m *Mailbox) settle(next sum) error {
	most := mostPending - 1
	for i, p := range m.pending {
		if p.is == next {
			most = len(m.pending) - i - 1
		}
	}
	for len(m.pending) > most {
		if err := m.first(); err != nil {
			return err
		}
	}
	return nil
}

// first waits for the answer to the first pending message.
func (m *Mailbox) first() error {
	p := m.pending[0]
	m.pending = m.pending[1:]
	_, err := p.command.Wait()
	return m.answered(p, err)
}

// answered counts a message by its answer. It returns an error that ends the export.
func (m *Mailbox) answered(p pending, answer error) error {
	var no *imap.Error
	switch {
	case answer == nil:
		m.Kept++
		m.inARow = 0
		return nil
	case !errors.As(answer, &no), no.Type != imap.StatusResponseTypeNo, no.Code == imap.ResponseCodeOverQuota, no.Code == imap.ResponseCodeTryCreate:
		return m.failed(answer)
	}
	m.Refused = append(m.Refused, p.uid+": "+no.Error())
	if m.inARow++; m.inARow == mostRefusals {
		return fmt.Errorf("%s refuses all messages: %w", m.target.address(), no)
	}
	return nil
}

func (m *Mailbox) failed(err error) error {
	return fmt.Errorf("%s: folder %q: %w", m.target.address(), m.target.Folder, err)
}

// Finish waits until the server has answered all that was sent. If the export ends with an error,
// it still counts what has arrived.
func (m *Mailbox) Finish() error {
	var err error
	for len(m.pending) > 0 {
		if failed := m.first(); err == nil {
			err = failed
		}
	}
	return err
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
