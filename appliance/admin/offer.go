package admin

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"os"

	"pillarbox/appliance/transfer"
)

// Outcome counts an import.
type Outcome struct {
	Kept, Skipped int
	Octets        int64    // of the messages that were sent, or would be: as the source has them
	Refused       []string // the messages that were not taken, with the reason
}

// An offering is the client's end of an import: messages are sent one after the other, and the
// answers to some of them are still to come.
type offering struct {
	*Client
	Outcome
	dry   bool
	under []string // names of the messages without an answer, at most mostAhead+1
}

// Import offers messages to the mailbox of an account, in their order. The server commits small
// ones together. What was kept is durable, also if an error follows. Import calls progress after
// each message.
func (c *Client) Import(account string, letters iter.Seq2[transfer.Message, error], progress func(Outcome)) (Outcome, error) {
	return c.imports(account, letters, progress, false)
}

// DryRun is Import, except that only the size of each message is sent, and nothing is written.
func (c *Client) DryRun(account string, letters iter.Seq2[transfer.Message, error], progress func(Outcome)) (Outcome, error) {
	return c.imports(account, letters, progress, true)
}

// Measure is DryRun without a server: for a mailbox that is not there yet, and takes messages of up
// to most octets.
func Measure(letters iter.Seq2[transfer.Message, error], most int64, progress func(Outcome)) (o Outcome, err error) {
	for l, err := range letters {
		if err == nil {
			err = o.measure(l, most)
		}
		if err != nil {
			return o, err
		}
		progress(o)
	}
	return o, nil
}

func (o *Outcome) measure(l transfer.Message, most int64) error {
	_, from, err := l.Open()
	if err == nil {
		defer from.Close()
		read := &sourceReader{from: from}
		shape, failed := transfer.WireForm(io.Discard, read)
		if err = failed; err == nil && shape.Octets > most {
			err = transfer.Refused{Reason: tooLarge}
		}
		if err == nil {
			o.Kept++
			o.Octets += read.octets
			return nil
		}
	}
	if reason, ok := leftOut(err); ok {
		o.Refused = append(o.Refused, l.Name+": "+reason)
		return nil
	}
	return fmt.Errorf("%s: %w", l.Name, err)
}

func (c *Client) imports(account string, letters iter.Seq2[transfer.Message, error], progress func(Outcome), dry bool) (Outcome, error) {
	o := &offering{Client: c, dry: dry}
	if err := c.talk.send("import", account, pipelined); err != nil {
		return o.Outcome, err
	}
	for l, err := range letters {
		if err != nil {
			err = errSource{err}
		} else {
			err = o.offer(l)
		}
		var source errSource
		if errors.As(err, &source) {
			return o.Outcome, errors.Join(source.err, o.finish()) // what was sent before is kept
		}
		if err != nil {
			return o.Outcome, err
		}
		progress(o.Outcome)
	}
	err := o.finish()
	progress(o.Outcome)
	return o.Outcome, err
}

// An errSource is an error of the source, after which the server still answers.
type errSource struct{ err error }

func (e errSource) Error() string { return e.err.Error() }

// finish ends the import and reads the answers that are still to come.
func (o *offering) finish() error {
	if err := o.talk.send("done"); err != nil {
		return o.insteadOf(err)
	}
	verb, _, err := o.answer()
	if err == nil && (verb != "done" || len(o.under) > 0) {
		err = errProtocol
	}
	return err
}

// answer returns the answer to an offer or to "done". It takes those to messages that come before.
func (o *offering) answer() (verb string, words []string, err error) {
	for {
		verb, words, err = o.read()
		switch {
		case err != nil && len(o.under) == 1:
			return "", nil, fmt.Errorf("%s: %w", o.under[0], err)
		case err != nil:
			return "", nil, err
		case verb != "kept" && verb != "refused":
			return verb, words, nil
		case len(o.under) == 0:
			return "", nil, errProtocol
		case verb == "kept":
			o.Kept++
		case len(words) == 1:
			o.Refused = append(o.Refused, o.under[0]+": "+words[0])
		default:
			return "", nil, errProtocol
		}
		o.under = o.under[1:]
	}
}

// offer offers one message and sends it if the mailbox does not have it, under another unique-id if
// the mailbox has another message under its own.
func (o *offering) offer(l transfer.Message) error {
	own := "" // the identity of l, if it was needed
	for {
		if err := o.talk.send("offer", l.UID, 0); err != nil {
			return o.insteadOf(err)
		}
		verb, words, err := o.answer()
		switch {
		case err != nil:
			return err
		case verb == "take":
			return o.give(l)
		case verb != "skip" || len(words) != 1:
			return errProtocol
		}
		if own == "" && !l.Sure {
			own, err = l.Identity()
		}
		reason, left := leftOut(err)
		switch {
		case left:
			o.Refused = append(o.Refused, l.Name+": "+reason)
			return nil
		case err != nil:
			return errSource{fmt.Errorf("%s: %w", l.Name, err)}
		case l.Sure || own == words[0]:
			o.Skipped++
			return nil
		}
		l.UID = transfer.NextUID(l.UID, own)
	}
}

// leftOut returns why an error of transfer.Message.Open leaves out that message alone, if it does.
func leftOut(err error) (reason string, ok bool) {
	if errors.Is(err, os.ErrNotExist) {
		return "gone since it was found; import once more", true
	}
	var refused transfer.Refused
	ok = errors.As(err, &refused)
	return refused.Reason, ok
}

// give sends one message that the server takes.
func (o *offering) give(l transfer.Message) error {
	origin, from, err := l.Open()
	if err != nil {
		return o.withdraw(l, err, "gone")
	}
	defer from.Close()
	read := &sourceReader{from: from}
	if o.dry {
		shape, err := transfer.WireForm(io.Discard, read)
		if err != nil {
			return o.withdraw(l, err, "gone")
		}
		return o.sent(l, read, o.talk.send("would", shape.Octets))
	}
	o.talk.add("mail", origin.From, origin.Received.Unix())
	_, err = transfer.Copy(o.talk, read)
	if read.err != nil {
		return o.withdraw(l, read.err, "cut")
	}
	if err == nil {
		err = o.talk.end()
	}
	return o.sent(l, read, err)
}

// withdraw ends a message that cannot be read: it is left out, or the import ends.
func (o *offering) withdraw(l transfer.Message, err error, verb string) error {
	failed := o.insteadOf(o.talk.send(verb))
	if reason, ok := leftOut(err); ok {
		o.Refused = append(o.Refused, l.Name+": "+reason)
		return failed
	}
	return cmp.Or[error](failed, errSource{fmt.Errorf("%s: %w", l.Name, err)})
}

// sent notes a message whose answer is still to come, unless err is the error of the stream.
func (o *offering) sent(l transfer.Message, read *sourceReader, err error) error {
	o.under = append(o.under, l.Name)
	o.Octets += read.octets
	return o.insteadOf(err)
}

// A sourceReader counts what is read, and separates an error of the source from one of the stream.
type sourceReader struct {
	from   io.Reader
	octets int64
	err    error
}

func (r *sourceReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.octets += int64(n)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// insteadOf returns what the server sent before it hung up in the place of err, the error that this
// causes in a write.
func (o *offering) insteadOf(err error) error {
	if err == nil {
		return nil
	}
	var gone *net.OpError
	if errors.As(err, &gone) || errors.Is(err, io.ErrClosedPipe) {
		if _, _, said := o.answer(); said != nil {
			return said
		}
	}
	return err
}
