package sendmail

import "fmt"

// The exit codes of sendmail(8), from sysexits.h. Callers know them by number.
const (
	ExUsage       = 64 // the command line makes no sense
	ExDataErr     = 65 // the letter makes no sense: no recipient, or a header without end
	ExNoUser      = 67 // a recipient has no mailbox here
	ExUnavailable = 69 // the box refuses the letter: an address that is not of this house, a letter too large
	ExOSErr       = 71 // the machine has no room to hold the letter
	ExIOErr       = 74 // standard input could not be read
	ExTempFail    = 75 // the box does not answer, or has no room now
	ExNoPerm      = 77 // the box takes mail only after a login
	ExConfig      = 78 // the configuration that -C names cannot be used
)

// An Error is why a letter was not handed over, or not to everybody.
type Error struct {
	Code int // ExUsage…ExConfig
	Text string
}

func (e *Error) Error() string { return e.Text }

// ExitCode is what the program ends with.
func (e *Error) ExitCode() int { return e.Code }

func fail(code int, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}
