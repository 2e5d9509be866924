package smtpd

import (
	"bytes"
	"context"
)

// An argument is what may follow a verb.
type argument uint8

const (
	none     argument = iota // nothing
	optional                 // anything
	required                 // something
)

// A dialect is a protocol in which a verb exists.
type dialect uint8

const (
	smtp dialect = 1 << iota
	lmtp
	both = smtp | lmtp
)

// A command is one row: in which phases it is accepted, its argument, and the function that runs
// it. The function either sends a reply and returns nil, or sends nothing and returns a refusal;
// any other error ends the session.
type command struct {
	verb     string
	in       phase
	argument argument
	dialect  dialect
	does     func(*session, context.Context, []byte) error
}

// commands is the table of all commands.
var commands = [...]command{
	// verb, accepted in, argument, dialect, does
	{"EHLO", always, optional, smtp, (*session).ehlo},              // RFC 5321 §4.1.1.1
	{"HELO", always, optional, smtp, (*session).helo},              // §4.1.1.1
	{"LHLO", always, optional, lmtp, (*session).ehlo},              // RFC 2033 §4.1
	{"MAIL", greeted, required, both, (*session).mail},             // RFC 5321 §4.1.1.2
	{"RCPT", mailing | addressed, required, both, (*session).rcpt}, // §4.1.1.3
	{"DATA", addressed, none, both, (*session).data},               // §4.1.1.4
	{"BDAT", always, optional, both, (*session).bdat},              // RFC 3030 §2
	{"RSET", always, none, both, (*session).rset},                  // RFC 5321 §4.1.1.5
	{"VRFY", always, required, both, (*session).vrfy},              // §4.1.1.6, §7.3
	{"EXPN", always, optional, both, (*session).notOffered},        // §4.1.1.7, §7.3
	{"ETRN", always, optional, both, (*session).notOffered},        // RFC 1985: nothing is queued
	{"TURN", always, optional, both, (*session).notOffered},        // RFC 5321 appendix F.1
	{"HELP", always, optional, both, (*session).help},              // §4.1.1.8
	{"NOOP", always, optional, both, (*session).noop},              // §4.1.1.9
	{"QUIT", always, none, both, (*session).quit},                  // §4.1.1.10
	{"STARTTLS", fresh | greeted, none, both, (*session).startTLS}, // RFC 3207
	{"AUTH", greeted, required, both, (*session).auth},             // RFC 4954 §4

	// The verbs of a web browser that was directed here: a third party chose what follows.
	{"GET", always, optional, both, (*session).hangUp},
	{"POST", always, optional, both, (*session).hangUp},
	{"PUT", always, optional, both, (*session).hangUp},
	{"HEAD", always, optional, both, (*session).hangUp},
	{"OPTIONS", always, optional, both, (*session).hangUp},
	{"CONNECT", always, optional, both, (*session).hangUp},
	{"DELETE", always, optional, both, (*session).hangUp},
	{"PATCH", always, optional, both, (*session).hangUp},
	{"TRACE", always, optional, both, (*session).hangUp},
	{"PRI", always, optional, both, (*session).hangUp},
}

// do executes one command line.
func (s *session) do(ctx context.Context, text []byte) error {
	verb, argument, _ := bytes.Cut(text, []byte(" "))
	cmd := lookUp(verb, s.server.LMTP)
	if cmd == nil || bytes.IndexByte(text, '\r') >= 0 {
		return errVerb
	}
	argument = bytes.Trim(argument, " \t")
	err := s.run(ctx, cmd, argument)
	s.noteCommand(cmd.verb, argument, err)
	return err
}

// run executes a command if it is accepted in this phase.
func (s *session) run(ctx context.Context, cmd *command, argument []byte) error {
	switch {
	case s.phase&cmd.in == 0:
		return s.phase.outOfOrder(cmd.in)
	case cmd.argument == none && len(argument) > 0:
		return errNoArgument
	case cmd.argument == required && len(argument) == 0:
		return errArgument
	}
	return cmd.does(s, ctx, argument)
}

// lookUp returns the row of a verb in any letter case, or nil.
func lookUp(verb []byte, isLMTP bool) *command {
	dialect := smtp
	if isLMTP {
		dialect = lmtp
	}
	for i := range commands {
		cmd := &commands[i]
		if cmd.dialect&dialect != 0 && len(verb) == len(cmd.verb) && bytes.EqualFold(verb, []byte(cmd.verb)) {
			return cmd
		}
	}
	return nil
}

// rset ends the current mail transaction (RFC 5321 §4.1.1.5).
func (s *session) rset(context.Context, []byte) error {
	s.forget()
	s.say(sayReset)
	return nil
}

func (s *session) noop(context.Context, []byte) error {
	s.say(sayNothing)
	return nil
}

func (s *session) help(context.Context, []byte) error {
	s.say(sayHelp)
	return nil
}

// vrfy sends the same reply for every name, so that it does not reveal which mailboxes exist (RFC
// 5321 §7.3).
func (s *session) vrfy(context.Context, []byte) error {
	s.say(sayCannotTell)
	return nil
}

func (s *session) notOffered(context.Context, []byte) error { return errNotHere }

func (s *session) hangUp(context.Context, []byte) error { return errHTTP }

func (s *session) quit(context.Context, []byte) error {
	s.say(sayBye)
	return errBye
}
