package sendmail

import "fmt"

// The exit codes of sendmail(8), from sysexits.h. Callers depend on the numbers.
const (
	ExUsage       = 64 // wrong usage of the command line
	ExDataErr     = 65 // no recipient, a bad address, or a header without end
	ExNoUser      = 67 // a recipient has no mailbox here
	ExUnavailable = 69 // refused: the domain is not local, or the message is too large
	ExOSErr       = 71 // no space to hold the message
	ExIOErr       = 74 // standard input cannot be read
	ExTempFail    = 75 // the server does not answer, or has no space now
	ExNoPerm      = 77 // the server accepts mail only after a login
	ExConfig      = 78 // the configuration that -C names cannot be used
)

// An Error is why some or all recipients did not get the message, with a line for each.
type Error struct {
	Code int // ExUsage…ExConfig
	Text string
}

func (e *Error) Error() string { return e.Text }

// ExitCode returns the exit status of the program.
func (e *Error) ExitCode() int { return e.Code }

func fail(code int, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...)}
}
