package sendmail

import (
	"errors"
	"fmt"
	"strings"
)

// atOnce is how many recipients one transaction has: as many as the server accepts. A message for
// more is handed over several times.
const atOnce = 1000

// An outcome collects what became of a message. Memory: a line for each refused recipient.
type outcome struct {
	delivered int     // recipients
	refused   []error // *Error
}

// refuse adds the error of one recipient, or of all of them if to is "".
func (o *outcome) refuse(to string, err error) {
	var e *Error
	switch {
	case !errors.As(err, &e):
		e = fail(ExTempFail, "%v", err)
	case to == "":
		e = &Error{e.Code, "the server refuses the message: " + e.Text}
	default:
		e = &Error{e.Code, to + ": " + e.Text}
	}
	o.refused = append(o.refused, e)
}

// err returns one error for all recipients that did not get the message, with a line for each, or
// nil. Its code is that of a temporary failure only if it is useful to call again: if some
// recipients have the message, they would get it twice, and then a permanent failure counts more.
func (o *outcome) err() error {
	if len(o.refused) == 0 {
		return nil
	}
	wanted := o.delivered == 0 // whether a temporary failure is reported
	code := 0
	lines := make([]string, len(o.refused))
	for i, err := range o.refused {
		var e *Error
		errors.As(err, &e)
		if code == 0 || (code == ExTempFail) != wanted && (e.Code == ExTempFail) == wanted {
			code = e.Code
		}
		lines[i] = e.Text
	}
	return &Error{code, strings.Join(lines, "\n")}
}

// A transfer hands one message over by one connection.
type transfer struct {
	server *client
	m      *message
	out    *outcome
}

// run hands the message over to the recipients and returns those that the server has not answered
// for. The error is then a silence: the connection broke, or the server ended it after many bad
// recipients. The others may be tried by another connection, because no recipient is returned
// whose message may have been stored.
func (t *transfer) run(recipients []string, hostname string) (rest []string, err error) {
	if err := t.server.hello(hostname); err != nil {
		return t.failed(recipients, err)
	}
	for rest = recipients; len(rest) > 0 && err == nil; {
		rest, err = t.transaction(rest)
	}
	return rest, err
}

// failed ends a transfer at a step that concerns the message as a whole.
func (t *transfer) failed(recipients []string, err error) ([]string, error) {
	if errors.As(err, new(silence)) {
		return recipients, err
	}
	t.out.refuse("", err)
	return nil, nil
}

// transaction hands the message over to the first of the recipients, and returns the others.
func (t *transfer) transaction(recipients []string) (rest []string, err error) {
	if err := t.server.mail(t.m); err != nil {
		return t.failed(recipients, err)
	}
	accepted, rest, err := t.address(recipients)
	if err != nil {
		return append(accepted, rest...), err
	}
	if len(accepted) == 0 {
		if len(rest) == 0 {
			return nil, nil
		}
		return rest, t.server.say("RSET") // else the next MAIL is out of order
	}
	if err := t.server.say("DATA"); err != nil {
		if errors.As(err, new(silence)) {
			return append(accepted, rest...), err
		}
		return t.failed(nil, err)
	}
	return rest, t.content(accepted)
}

// address names the recipients of a transaction: at most atOnce, and no more after the server says
// that there are too many. It returns the accepted ones and those that wait for the next one.
func (t *transfer) address(recipients []string) (accepted, rest []string, err error) {
	for i, to := range recipients {
		if i == atOnce {
			return accepted, recipients[i:], nil
		}
		err := t.server.rcpt(to, t.m.options)
		var e *Error
		switch {
		case errors.As(err, new(silence)):
			return accepted, recipients[i:], err
		case errors.As(err, &e) && strings.Contains(e.Text, " 4.5.3 ") && len(accepted) > 0:
			return accepted, recipients[i:], nil
		case err != nil:
			t.out.refuse(to, err)
		default:
			accepted = append(accepted, to)
		}
	}
	return accepted, nil, nil
}

// content sends the message and reads what became of it. If the connection breaks here, the
// message is not sent to these recipients again: it may have been stored.
func (t *transfer) content(accepted []string) error {
	replies, err := t.server.content(t.m, len(accepted))
	for i, err := range replies {
		switch {
		case err == nil && len(replies) == 1:
			t.out.delivered += len(accepted)
		case err == nil:
			t.out.delivered++
		case len(replies) == 1:
			t.out.refuse("", err)
		default:
			t.out.refuse(accepted[i], err)
		}
	}
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) { // this side failed, for example to read the held message
		t.out.refused = append(t.out.refused, e)
		return silence{err}
	}
	t.out.refuse("", fmt.Errorf("the server at %s: %w; the message may or may not have been stored", t.server.way.Address, err))
	return err
}
