package smtpd

import (
	"errors"
	"strconv"
)

// A reply is what the server says to a command: a code (RFC 5321 §4.2), an enhanced code
// (RFC 3463; "" where RFC 2034 wants none) and a text. No text repeats what a client sent.
type reply struct {
	code     int
	enhanced string
	text     string
}

// A refusal is a reply that a command returns instead of saying it. It changes nothing.
// Any other error that a command returns ends the session.
type refusal reply

func (r refusal) Error() string { return string(reply(r).append(nil)) }

// ends reports whether the session is over with it.
func (r refusal) ends() bool { return r.code == 421 || r == errLine || r == errChunk }

// isMistake reports whether the client is at fault in a way that a mail program never is.
func (r refusal) isMistake() bool { return 500 <= r.code && r.code <= 504 || r.code == 555 }

// append appends the reply's line without CRLF.
func (r reply) append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(r.code), 10)
	dst = append(dst, ' ')
	if r.enhanced != "" {
		dst = append(append(dst, r.enhanced...), ' ')
	}
	return append(dst, r.text...)
}

// What is said when all is well.
var (
	sayReset      = reply{250, "2.0.0", "forgotten"}
	sayNothing    = reply{250, "2.0.0", "still here"}
	saySender     = reply{250, "2.1.0", "sender ok"}
	sayRecipient  = reply{250, "2.1.5", "recipient ok"}
	sayNoReceipt  = reply{250, "2.1.5", "recipient ok; no receipt can be sent to that sender"}
	sayStart      = reply{354, "", "go on; a line with a dot alone ends it"}
	sayChunk      = reply{250, "2.0.0", "chunk taken"}
	sayKept       = reply{250, "2.0.0", "kept"}
	sayUpgrade    = reply{220, "2.0.0", "start TLS"}
	sayWelcome    = reply{235, "2.7.0", "welcome"}
	sayCannotTell = reply{252, "2.5.0", "try RCPT; who exists is not told"}
	sayHelp       = reply{214, "2.0.0", "mail for this house goes in here; see RFC 5321"}
	sayBye        = reply{221, "2.0.0", "bye"}
)

// What a command is refused with.
var (
	errVerb       = refusal{500, "5.5.2", "no such command"}
	errBareLF     = refusal{500, "5.5.2", "a command ends in CR LF"}
	errArgument   = refusal{501, "5.5.4", "the argument is missing or wrong"}
	errNoArgument = refusal{501, "5.5.4", "the command takes no argument"}
	errSender     = refusal{501, "5.1.7", "that is no sender address"}
	errRecipient  = refusal{501, "5.1.3", "that is no recipient address"}
	errNotASCII   = refusal{553, "5.6.7", "an address outside of ASCII needs SMTPUTF8"}
	errParameter  = refusal{555, "5.5.4", "unknown parameter"}
	errNotHere    = refusal{502, "5.5.1", "not offered here"}

	errHelloFirst = refusal{503, "5.5.1", "say hello first"}
	errMailFirst  = refusal{503, "5.5.1", "say MAIL first"}
	errRcptFirst  = refusal{503, "5.5.1", "name a recipient first"}
	errInMail     = refusal{503, "5.5.1", "finish the mail first, or say RSET"}
	errUpgraded   = refusal{503, "5.5.1", "TLS is on already"}
	errKnown      = refusal{503, "5.5.1", "you are logged in already"}

	errNotOwn     = refusal{553, "5.7.1", "that is not an address of the user who is logged in"}
	errLoginFirst = refusal{530, "5.7.0", "log in first"}
	errTLSFirst   = refusal{530, "5.7.0", "say STARTTLS first, then log in"}
	errWrong      = refusal{535, "5.7.8", "wrong user or password"}
	errLoginLater = refusal{454, "4.7.0", "logging in is out of order at the moment, try again later"}
	errTooLarge   = refusal{552, "5.3.4", "the mail is larger than this box takes"}
	errMany       = refusal{452, "4.5.3", "too many recipients; send the mail again for the others"}
	errHops       = refusal{554, "5.4.6", "the mail has gone in circles"}
	errMechanism  = refusal{504, "5.5.4", "no such mechanism; PLAIN and LOGIN are"}
	errNeedsTLS   = refusal{538, "5.7.11", "no password without TLS; say STARTTLS first"}
	errCancelled  = refusal{501, "5.7.0", "cancelled"}
	errBase64     = refusal{501, "5.5.2", "that is not what the mechanism asked for"}
)

// What ends a session.
var (
	errLine     = refusal{500, "5.5.2", "line too long, or a zero octet in it"}
	errChunk    = refusal{501, "5.5.4", "that is no size of a chunk, so where it ends is not known"}
	errHTTP     = refusal{421, "4.7.0", "this is no web server"}
	errMistakes = refusal{421, "4.7.0", "too many mistakes"}
	errLogins   = refusal{421, "4.7.0", "too many failed logins"}
	errCommands = refusal{421, "4.7.0", "too many commands without a mail"}
	errIdle     = refusal{421, "4.4.2", "nothing heard for too long"}
	errStopping = refusal{421, "4.3.2", "the box is going down, come back later"}
)

// verdicts are what the errors of intake.go become. The last is also for every other error.
var verdicts = []struct {
	err error
	say refusal
}{
	{ErrAuth, errWrong},
	{ErrUnknown, refusal{550, "5.1.1", "no such mailbox here"}},
	{ErrForeign, refusal{550, "5.7.1", "not for this house; mail to the world goes to your provider's outgoing server"}},
	{ErrMailboxFull, refusal{452, "4.2.2", "the mailbox is full; its owner has to fetch or delete mail"}},
	{ErrFull, refusal{452, "4.3.1", "the box is full; somebody has to fetch or delete mail"}},
	{ErrTooLarge, errTooLarge},
	{ErrTemporary, refusal{451, "4.3.0", "out of order at the moment, try again later"}},
}

// refuse returns what a client is told of err, and whether err is one of intake.go's; one
// that is not is for the log.
func refuse(err error) (say refusal, known bool) {
	if errors.As(err, &say) {
		return say, true
	}
	for _, v := range verdicts {
		if errors.Is(err, v.err) {
			return v.say, true
		}
	}
	return verdicts[len(verdicts)-1].say, false
}
