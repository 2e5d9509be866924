package smtpd

import (
	"errors"
	"strconv"

	"go.uber.org/zap"
)

// A reply is an answer to a command: a code (RFC 5321 §4.2), an enhanced code (RFC 3463; "" where
// RFC 2034 has none) and a text. No text repeats what a client sent, except a recipient's domain
// that was parsed and is ASCII.
type reply struct {
	code     int
	enhanced string
	text     string
}

// A refusal is a reply that a command returns instead of sending it. It changes nothing. Any other
// error that a command returns ends the session.
type refusal reply

func (r refusal) Error() string { return string(reply(r).append(nil)) }

// ends reports whether the session ends with it.
func (r refusal) ends() bool { return r.code == 421 || r == errLine || r == errChunk }

// fields returns the code of the reply, and the rest of the reply as the reason.
func (r refusal) fields() []zap.Field {
	return []zap.Field{zap.Int("code", r.code), zap.String("reason", string(reply(r).append(nil)[len("550 "):]))}
}

// A logged error is a refusal that is in the log already.
type logged struct{ refusal }

func (l logged) Unwrap() error { return l.refusal }

// isLogged reports whether a refusal is in the log already.
func isLogged(err error) bool {
	_, ok := err.(logged)
	return ok
}

// isMistake reports whether it is a mistake of the client that no mail client makes.
func (r refusal) isMistake() bool { return 500 <= r.code && r.code <= 504 || r.code == 555 }

// append appends the reply without CRLF.
func (r reply) append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(r.code), 10)
	dst = append(dst, ' ')
	if r.enhanced != "" {
		dst = append(append(dst, r.enhanced...), ' ')
	}
	return append(dst, r.text...)
}

// Replies of success.
var (
	sayReset      = reply{250, "2.0.0", "OK"}
	sayNothing    = reply{250, "2.0.0", "OK"}
	saySender     = reply{250, "2.1.0", "Sender OK"}
	sayRecipient  = reply{250, "2.1.5", "Recipient OK"}
	sayNoReceipt  = reply{250, "2.1.5", "Recipient OK; no delivery report can be sent to that sender"}
	sayStart      = reply{354, "", "End data with <CR><LF>.<CR><LF>"}
	sayChunk      = reply{250, "2.0.0", "OK: chunk received"}
	sayStored     = reply{250, "2.0.0", "OK: message stored"}
	sayUpgrade    = reply{220, "2.0.0", "Ready to start TLS"}
	sayWelcome    = reply{235, "2.7.0", "Authentication successful"}
	sayCannotTell = reply{252, "2.5.0", "Cannot VRFY user; try RCPT"}
	sayHelp       = reply{214, "2.0.0", "See RFC 5321; this server accepts mail for its local domains"}
	sayBye        = reply{221, "2.0.0", "Bye"}
)

// Replies that refuse a command.
var (
	errVerb       = refusal{500, "5.5.2", "Command not recognized"}
	errBareLF     = refusal{500, "5.5.2", "Command lines must end with CRLF"}
	errArgument   = refusal{501, "5.5.4", "Syntax error in arguments"}
	errNoArgument = refusal{501, "5.5.4", "Syntax error: the command takes no argument"}
	errSender     = refusal{501, "5.1.7", "Bad sender address syntax"}
	errRecipient  = refusal{501, "5.1.3", "Bad recipient address syntax"}
	errNotASCII   = refusal{553, "5.6.7", "Non-ASCII address requires SMTPUTF8"}
	errParameter  = refusal{555, "5.5.4", "Unknown parameter"}
	errNotHere    = refusal{502, "5.5.1", "Command not implemented"}

	errHelloFirst = refusal{503, "5.5.1", "Bad sequence of commands: send EHLO, HELO or LHLO first"}
	errMailFirst  = refusal{503, "5.5.1", "Bad sequence of commands: send MAIL first"}
	errRcptFirst  = refusal{503, "5.5.1", "Bad sequence of commands: send RCPT first"}
	errInMail     = refusal{503, "5.5.1", "Bad sequence of commands: finish the message or send RSET first"}
	errUpgraded   = refusal{503, "5.5.1", "TLS already active"}
	errKnown      = refusal{503, "5.5.1", "Already authenticated"}

	errNotOwn     = refusal{553, "5.7.1", "Sender address rejected: not owned by the authenticated user"}
	errLoginFirst = refusal{530, "5.7.0", "Authentication required"}
	errTLSFirst   = refusal{530, "5.7.0", "Authentication required: send STARTTLS first"}
	errRevoked    = refusal{530, "5.7.0", "Authentication required: the account was removed, or its password changed"}
	errWrong      = refusal{535, "5.7.8", "Authentication credentials invalid"}
	errLoginLater = refusal{454, "4.7.0", "Temporary authentication failure; try again later"}
	errTooLarge   = refusal{552, "5.3.4", "Message exceeds the size limit"}
	errMany       = refusal{452, "4.5.3", "Too many recipients; send the message again for the others"}
	errHops       = refusal{554, "5.4.6", "Too many hops: mail loop"}
	errMechanism  = refusal{504, "5.5.4", "Unrecognized authentication mechanism; use one that EHLO lists"}
	errNeedsTLS   = refusal{538, "5.7.11", "Encryption required for authentication: send STARTTLS first"}
	errCancelled  = refusal{501, "5.7.0", "Authentication cancelled"}
	errBase64     = refusal{501, "5.5.2", "Cannot decode the authentication response"}
)

// Replies that end a session.
var (
	errLine     = refusal{500, "5.5.2", "Line too long, or a zero octet in it"}
	errChunk    = refusal{501, "5.5.4", "Invalid chunk size; closing connection"}
	errHTTP     = refusal{421, "4.7.0", "This is not an HTTP server"}
	errMistakes = refusal{421, "4.7.0", "Too many errors"}
	errLogins   = refusal{421, "4.7.0", "Too many failed logins"}
	errCommands = refusal{421, "4.7.0", "Too many commands without a message"}
	errIdle     = refusal{421, "4.4.2", "Timeout: nothing received, or too slowly; closing connection"}
	errGiveWay  = refusal{421, "4.3.1", "Insufficient storage; try again later"}
	errStopping = refusal{421, "4.3.2", "Server shutting down; try again later"}
)

// verdicts maps the errors of intake.go to replies. The last one is also for every other error.
var verdicts = []struct {
	err error
	say refusal
}{
	{ErrAuth, errWrong},
	{ErrUnknown, refusal{550, "5.1.1", "No such mailbox"}},
	{ErrForeign, relayingDenied(Path{})},
	{ErrManyUnknown, refusal{450, "4.7.1", "Too many unknown recipients; try again later"}},
	{ErrMailboxFull, refusal{452, "4.2.2", "Mailbox full; try again later"}},
	{ErrFull, refusal{452, "4.3.1", "Insufficient storage; try again later"}},
	{ErrWasteful, refusal{451, "4.7.1", "Too much data without a complete message; try again later"}},
	{ErrTooLarge, errTooLarge},
	{ErrTemporary, refusal{451, "4.3.0", "Temporary server error; try again later"}},
}

// tooLarge returns errTooLarge with the limit.
func tooLarge(max int64) refusal {
	no := errTooLarge
	no.text += " (" + strconv.FormatInt(max, 10) + " bytes)"
	return no
}

// relayingDenied returns the reply to a recipient with ErrForeign, with the domain if a reply may
// contain it.
func relayingDenied(to Path) refusal {
	no := refusal{550, "5.7.1", "Relaying denied: not a local domain"}
	if to.isASCII() && to.Domain != "" {
		no.text = "Relaying denied: <" + to.Domain + "> is not a local domain"
	}
	return no
}

// denied is what a *Denied becomes. The text is ours.
func denied(d *Denied) refusal {
	if d.Temporary {
		return refusal{450, "4.7.1", "Relaying denied for now: " + d.Reason}
	}
	return refusal{550, "5.7.1", "Relaying denied: " + d.Reason}
}

// refuse returns the reply for err, and whether err is one of intake.go's; any other error has to
// be logged.
func refuse(err error) (say refusal, known bool) {
	if errors.As(err, &say) {
		return say, true
	}
	var no *Denied
	if errors.As(err, &no) {
		return denied(no), true
	}
	for _, v := range verdicts {
		if errors.Is(err, v.err) {
			return v.say, true
		}
	}
	return verdicts[len(verdicts)-1].say, false
}
