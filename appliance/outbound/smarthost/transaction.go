package smarthost

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// blockSize is how much of a message is sent at a time, under one deadline.
const blockSize = 32 << 10

// lastWord is how long a server that stopped reading a message may take to say why.
const lastWord = 5 * time.Second

// Send hands a message over, and returns one result for each recipient. If the error is not nil,
// the session is broken, and the results say what is known.
func (s *Session) Send(m *Message) ([]Result, error) {
	t := &transaction{Session: s, m: m, results: make([]Result, len(m.To))}
	if s.broken != nil {
		return t.results, s.broken
	}
	pending := t.vet()
	for len(pending) > 0 && s.broken == nil {
		left := t.run(pending)
		if len(left) == len(pending) {
			break // the server takes none of them now
		}
		pending = left
	}
	return t.results, s.broken
}

// A transaction sends one message to recipients, which are named by their position in it.
type transaction struct {
	*Session
	m       *Message
	results []Result
	utf8    bool // SMTPUTF8 is needed
}

// vet fails what cannot be sent by this server, and returns the recipients that remain.
func (t *transaction) vet() (pending []int) {
	m, o := t.m, t.offers
	t.utf8 = m.UTF8 || !isASCII(m.From) || slices.ContainsFunc(m.To, func(r Recipient) bool { return !isASCII(r.Address) })
	var no *Result
	refuse := func(r Result) { no = &r }
	switch {
	case !isAddress(m.From):
		refuse(local(553, "5.1.7", "the sender address cannot be sent"))
	case o.MaxSize > 0 && m.Octets > o.MaxSize:
		refuse(local(552, "5.3.4", fmt.Sprintf("the message has %d octets, and the outgoing server takes %d", m.Octets, o.MaxSize)))
	case t.utf8 && !o.UTF8:
		refuse(local(550, "5.6.7", "an address or the header is not ASCII, and the outgoing server does not offer SMTPUTF8"))
	}
	for i, r := range m.To {
		switch {
		case no != nil:
			t.results[i] = *no
		case r.Address == "" || !isAddress(r.Address) || !isOriginal(r.Original):
			t.results[i] = local(553, "5.1.3", "the recipient address cannot be sent")
			t.results[i].Whole = false
		default:
			pending = append(pending, i)
		}
	}
	return pending
}

// run makes one transaction. It returns the recipients that the server did not take in this one
// because there were too many.
func (t *transaction) run(pending []int) (left []int) {
	commands := append(make([]string, 0, len(pending)+2), t.mailCommand(t.m, t.utf8))
	for _, i := range pending {
		commands = append(commands, t.rcptCommand(&t.m.To[i]))
	}
	replies := t.talk(append(commands, "DATA"))
	if t.broken != nil {
		t.closed(pending, replies)
		return nil
	}
	mail, data := replies[0], replies[len(replies)-1]
	if !mail.Positive() {
		t.decide(pending, mail, true)
		t.reset(data)
		return nil
	}
	var accepted []int
	for n, i := range pending {
		reply := replies[1+n]
		switch {
		case reply.Positive():
			accepted = append(accepted, i)
		case reply.Code == 452 && reply.Enhanced == "4.5.3" || reply.Code == 552 && reply.Enhanced == "5.5.3":
			left = append(left, i) // RFC 5321 section 4.5.3.1.10
			t.results[i] = Result{Outcome: Deferred, Reply: reply}
		default:
			t.decide([]int{i}, reply, false)
		}
	}
	switch {
	case len(accepted) == 0:
		t.reset(data)
	case data.Code != 354:
		t.decide(accepted, data, true)
		t.reset(Reply{})
	default:
		t.content(accepted)
	}
	if len(accepted) == 0 {
		return nil
	}
	return left
}

// talk sends commands and returns their replies, one by one or together (RFC 2920). Without
// PIPELINING it stops before DATA if no recipient was accepted; the replies that are missing then
// are zero.
func (t *transaction) talk(commands []string) []Reply {
	replies := make([]Reply, len(commands))
	if t.offers.Pipelining {
		for _, c := range commands {
			t.line.gather(c)
		}
		if err := t.line.flush(t.timeouts.Command); err != nil {
			t.fail(err)
			return replies
		}
	}
	taken := 0
	for n, c := range commands {
		if !t.offers.Pipelining {
			if n == len(commands)-1 && taken == 0 || n > 0 && !replies[0].Positive() {
				return replies
			}
			t.line.gather(c)
			if err := t.line.flush(t.timeouts.Command); err != nil {
				t.fail(err)
				return replies
			}
		}
		reply, err := t.line.reply(t.timeouts.Command)
		if err != nil {
			t.fail(err)
			return replies
		}
		replies[n] = reply
		if n > 0 && n < len(commands)-1 && reply.Positive() {
			taken++
		}
		if reply.Code == 421 {
			t.close421(replies[:n+1])
			return replies
		}
	}
	return replies
}

// close421 breaks the session: the server closes it (RFC 5321 section 3.8).
func (t *transaction) close421(replies []Reply) {
	t.fail(&Refusal{"a command", replies[len(replies)-1]})
}

// closed gives recipients their results if the server closed the session with 421: those that it
// refused keep the reply of their own, and the others get the 421, which is about the session.
func (t *transaction) closed(pending []int, replies []Reply) {
	var refusal *Refusal
	if !errors.As(t.broken, &refusal) {
		return
	}
	for n, i := range pending {
		if own := replies[1+n]; own.Code >= 400 && own.Code != 421 {
			t.decide([]int{i}, own, false)
		} else {
			t.decide([]int{i}, refusal.Reply, true)
		}
	}
}

// fail breaks the session. Recipients that have no result stay deferred.
func (t *transaction) fail(err error) {
	if t.broken == nil {
		t.broken = err
	}
}

// decide gives recipients the result that a refusal means.
func (t *transaction) decide(recipients []int, r Reply, whole bool) {
	outcome := Deferred
	if r.Permanent() {
		outcome = Failed
	}
	for _, i := range recipients {
		t.results[i] = Result{Outcome: outcome, Reply: r, Whole: whole}
	}
}

// reset leaves a transaction that no recipient is left in. If DATA was accepted anyway, an
// empty message ends it, which goes to no recipient (RFC 2920 section 3.1).
func (t *transaction) reset(data Reply) {
	command := "RSET"
	if data.Code == 354 {
		command = "."
	}
	if _, err := t.line.ask(command, t.timeouts.Command); err != nil {
		t.fail(err)
	}
}

// content sends the message to the recipients that were accepted.
func (t *transaction) content(accepted []int) {
	dotted, err := t.stream()
	if err != nil {
		t.cut(accepted, dotted, err)
		return
	}
	reply, err := t.line.reply(t.timeouts.Final)
	if err != nil {
		t.cut(accepted, true, err)
		return
	}
	if !reply.Positive() {
		t.decide(accepted, reply, true)
		if reply.Code == 421 {
			t.close421([]Reply{reply})
		}
		return
	}
	for _, i := range accepted {
		t.results[i] = Result{Outcome: Sent, Reply: reply, Noticed: t.offers.DSN, Whole: true}
	}
}

// cut ends a session that broke in the content. A server that refuses the message in the middle of
// it may have said so before it closed the connection.
func (t *transaction) cut(accepted []int, dotted bool, err error) {
	t.fail(err)
	outcome := Deferred
	if dotted {
		outcome = InDoubt
	}
	for _, i := range accepted {
		t.results[i] = Result{Outcome: outcome, Whole: true}
	}
	if dotted || IsBody(err) {
		return
	}
	if reply, err := t.line.reply(lastWord); err == nil && !reply.Positive() {
		t.decide(accepted, reply, true)
	}
}

// stream sends the wire form of the message. dotted reports whether its last octets may have left.
func (t *transaction) stream() (dotted bool, err error) {
	body, size, err := t.m.Body()
	if err != nil {
		return false, errBody{err}
	}
	if len(t.block) < blockSize && int64(len(t.block)) < size {
		t.block = make([]byte, min(blockSize, size))
	}
	for left := size; left > 0; {
		piece := t.block[:min(left, int64(len(t.block)))]
		if _, err := io.ReadFull(body, piece); err != nil {
			return false, errBody{err}
		}
		left -= int64(len(piece))
		if err := t.line.conn.SetDeadline(time.Now().Add(t.timeouts.Block)); err != nil {
			return false, err
		}
		if _, err := t.line.conn.Write(piece); err != nil {
			return left == 0, err
		}
	}
	return true, nil
}
