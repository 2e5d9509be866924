package smtpd

// A phase is how far a session has come. Each command is accepted in a set of phases.
type phase uint8

const (
	fresh     phase = 1 << iota // before EHLO, HELO or LHLO
	greeted                     // between two messages
	mailing                     // MAIL was accepted
	addressed                   // RCPT was accepted, at least once
	chunking                    // BDAT was accepted, but not the last

	always = fresh | greeted | mailing | addressed | chunking
)

// outOfOrder returns the error that names what has to come before a command that is accepted in
// other phases.
func (p phase) outOfOrder(accepted phase) error {
	switch {
	case p == fresh:
		return errHelloFirst
	case p != greeted && accepted&greeted != 0, p == chunking:
		return errInMail
	case p == greeted:
		return errMailFirst
	}
	return errRcptFirst
}
