package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
)

// The server receives messages one after the other and commits small ones together, because each
// commit costs a flush and at least one page of the flash. It answers only when the client waits
// for an answer, which is after an offer and after "done": a client that is still writing a message
// reads nothing, and the stream between the two can be one without a buffer.
const (
	// mostAhead is how many messages wait together for one commit.
	mostAhead = 32
	// mostAheadOctets bounds their size, so that one more stays below the batch of a commit. A
	// larger message fills the bound alone.
	mostAheadOctets = 256 << 10
)

// An importing is one import. It holds up to mostAheadOctets of messages in the spool's memory.
type importing struct {
	*session
	account accounts.Account
	view    *spool.View
	had     *uids

	batch *delivery.Batch
	ready []received // in the order of their answers
	dry   int64      // octets of all messages of a dry run so far
	// failed is why the last message was not received; ready is committed before it is reported.
	failed error
}

// A received message waits for its answer.
type received struct {
	written bool   // it is in the batch; not in a dry run
	refused string // why it is not kept
}

// take imports what the client offers into the mailbox of an account.
func (s *session) take(ctx context.Context, words []string) error {
	if len(words) != 2 || words[1] != pipelined {
		return errProtocol
	}
	key, err := s.mailbox(words[:1])
	if err != nil {
		return err
	}
	v, err := s.Spool.View(key)
	if err != nil {
		return err
	}
	defer v.Close()
	account := accounts.Account{Name: words[0], Mailbox: uint64(key)}
	in := &importing{session: s, account: account, view: v, had: uidsOf(v), batch: s.Intake.NewBatch()}
	defer in.batch.Abort()
	for done := false; !done; {
		if done, err = in.next(ctx); err != nil {
			return err
		}
	}
	return lost(s.talk.send("done"))
}

// pipelined is the word of an import whose client sends messages without waiting for "kept". A
// program of an earlier release does not send it and would wait.
const pipelined = "ahead"

// next goes on by one offer and the message, or by the end of the import.
func (in *importing) next(ctx context.Context) (done bool, err error) {
	verb, words, err := in.talk.read()
	if err != nil {
		return false, lost(unexpected(err))
	}
	offer := verb == "offer" && len(words) == 2
	if !offer && verb != "done" {
		return false, errProtocol
	}
	if !offer || in.failed != nil || in.full() {
		if err := in.commit(ctx); err != nil {
			return false, err
		}
	}
	if in.failed != nil || !offer {
		return true, in.failed
	}
	uid := words[0]
	if uid != "" && !transfer.ValidUID(uid) {
		return false, errors.Join(in.commit(ctx), fmt.Errorf("%q is no unique-id: it has 1 to 70 visible characters", uid))
	}
	if n, there := in.had.find(uid); there {
		return false, lost(in.talk.send("skip", identityOf(in.view, n)))
	}
	if err := in.talk.send("take"); err != nil {
		return false, lost(err)
	}
	return false, in.receive(ctx, uid)
}

func (in *importing) full() bool {
	return len(in.ready) >= mostAhead || in.batch.Octets()+in.dry >= mostAheadOctets
}

// receive reads one message, which then is in ready.
func (in *importing) receive(ctx context.Context, uid string) error {
	verb, words, err := in.talk.read()
	switch {
	case err != nil:
		return lost(unexpected(err))
	case verb == "gone": // the source could not be read
		return nil
	case verb == "would" && len(words) == 1:
		return in.measure(uid, words[0])
	case verb != "mail" || len(words) != 2:
		return errProtocol
	}
	seconds, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return errProtocol
	}
	m := delivery.Message{Source: delivery.Import, From: words[0], UID: uid, Received: time.Unix(seconds, 0)}
	from := &content{talk: in.talk}
	octets, err := in.write(ctx, m, from)
	switch drained := from.drain(); {
	case errors.Is(drained, errCut): // the source could not be read to its end
		return nil
	case drained != nil:
		return lost(drained)
	case errors.Is(err, delivery.ErrTooLarge):
		in.ready = append(in.ready, received{refused: in.tooLarge(octets)})
	case err != nil:
		in.failed = err
	default:
		in.ready = append(in.ready, received{written: true})
		in.had.add(uid, 0)
	}
	return nil
}

// write writes a content to a delivery in wire form, which is then in the batch, if there is room
// for it. It returns the size, as far as it is known.
func (in *importing) write(ctx context.Context, m delivery.Message, from *content) (octets int64, err error) {
	d, err := in.Intake.Begin(ctx, m, []delivery.Recipient{{Account: in.account.Name}})
	if err != nil {
		return 0, err
	}
	shape, err := transfer.WireForm(d, from)
	if err == nil {
		err = in.batch.Add(d, shape)
	}
	if err != nil {
		d.Abort()
	}
	return shape.Octets, err
}

// tooLarge returns why a message is refused; octets is 0 if it is larger than any.
func (in *importing) tooLarge(octets int64) string {
	if octets > 0 && octets <= in.Intake.Largest() {
		return "larger than this mailbox may ever be (retention.mailbox_share and quota of the configuration)"
	}
	return tooLarge
}

const tooLarge = "larger than smtp.max_message of the configuration"

// measure takes the size of a message in place of the message, in a dry run: nothing is written.
func (in *importing) measure(uid, octets string) error {
	size, err := strconv.ParseInt(octets, 10, 64)
	if err != nil || size < 0 {
		return errProtocol
	}
	err = in.Intake.Measure(in.account, size, in.dry)
	switch {
	case errors.Is(err, delivery.ErrTooLarge):
		in.ready = append(in.ready, received{refused: in.tooLarge(size)})
	case err != nil:
		in.failed = err
	default:
		in.ready = append(in.ready, received{})
		in.dry += size
		in.had.add(uid, 0)
	}
	return nil
}

// commit makes what is ready durable and buffers the answers, which the next line sends.
func (in *importing) commit(ctx context.Context) error {
	kept, err := in.batch.Commit(ctx)
	for _, r := range in.ready {
		switch {
		case r.refused != "":
			in.talk.add("refused", r.refused)
			continue
		case !r.written:
		case kept == 0:
			return err
		default:
			kept--
		}
		in.talk.add("kept")
	}
	in.ready = in.ready[:0]
	return err
}
