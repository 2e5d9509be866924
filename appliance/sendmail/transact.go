package sendmail

import (
	"errors"
	"slices"
	"strings"
)

// atOnce is how many recipients one transaction has: as many as the box takes. A letter for more is handed over several times.
const atOnce = 1000

// transact hands the letter over. Who is refused is in the error, which is of the gravest code: a permanent one if there is
// any, for trying again would bring the letter twice to those who have it.
func transact(box *client, m *message, hostname string) error {
	if err := box.hello(hostname); err != nil {
		return err
	}
	var refused []error
	for some := range slices.Chunk(m.to, atOnce) {
		err := transaction(box, m, some)
		if len(some) == len(m.to) || errors.As(err, new(silence)) {
			return err
		}
		if err != nil {
			refused = append(refused, err)
		}
	}
	return gravest(refused)
}

// transaction hands the letter over to some of the recipients.
func transaction(box *client, m *message, recipients []string) error {
	if err := box.mail(m); err != nil {
		return refusedAll(err)
	}
	var refused []error
	var accepted []string
	for _, to := range recipients {
		err := box.rcpt(to, m.options)
		var quiet silence
		switch {
		case errors.As(err, &quiet):
			return err
		case err != nil:
			refused = append(refused, about(to, err))
		default:
			accepted = append(accepted, to)
		}
	}
	if len(accepted) > 0 {
		verdicts, err := box.content(m, len(accepted))
		if err != nil {
			return refusedAll(err)
		}
		for i, err := range verdicts {
			var quiet silence
			switch {
			case errors.As(err, &quiet):
				return err
			case err != nil && len(verdicts) == 1:
				return refusedAll(err)
			case err != nil:
				refused = append(refused, about(accepted[i], err))
			}
		}
	}
	return gravest(refused)
}

// refusedAll is about the letter as a whole.
func refusedAll(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return &Error{e.Code, "the box refuses the letter: " + e.Text}
	}
	return err
}

func about(to string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return &Error{e.Code, to + ": " + e.Text}
	}
	return err
}

// gravest makes one error of many, a line each.
func gravest(refused []error) error {
	if len(refused) == 0 {
		return nil
	}
	code := ExTempFail
	var lines []string
	for _, err := range refused {
		var e *Error
		if errors.As(err, &e) && code == ExTempFail {
			code = e.Code
		}
		lines = append(lines, err.Error())
	}
	return &Error{code, strings.Join(lines, "\n")}
}
