package sendmail

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"
)

// A Call is one run of the program.
type Call struct {
	Options *Options
	// Hostname is the server's name: the domain of addresses in the header that have none.
	Hostname string
	// User is the name of the user that runs the program, FullName the display name of that user.
	User, FullName string
	// Ways are the addresses of the server, the best first.
	Ways []Way
	// ServerUsers are the ids of the users that the server may run as. If it is nil, the server may
	// run as any user.
	ServerUsers []int
	// MaxOctets is the largest message that the server accepts; 0 if it is not known.
	MaxOctets int64
	// Now is the time for the Date field.
	Now time.Time

	Input  io.Reader
	Output io.Writer
}

func ioError(err error) error {
	if err == nil {
		return nil
	}
	return fail(ExIOErr, "standard output: %v", err)
}

// ways returns the ways in the order in which they are tried. LMTP has no receipts, so that a
// caller that wants one gets SMTP if there is a way.
func (c *Call) ways() []Way {
	ways := slices.Clone(c.Ways)
	if o := c.Options; o.Notify != "" && !strings.EqualFold(o.Notify, "never") {
		sort.SliceStable(ways, func(i, j int) bool { return !ways[i].LMTP && ways[j].LMTP })
	}
	return ways
}

// reach connects by the first way that answers.
func (c *Call) reach(ways []Way) (*client, error) {
	var tried []string
	for _, way := range ways {
		server, err := dial(way, c.ServerUsers)
		if err == nil {
			return server, nil
		}
		tried = append(tried, fmt.Sprintf("%s: %v", way.Address, err))
	}
	if len(ways) == 0 {
		return nil, fail(ExNoPerm, "authentication required: no listener accepts mail without a login; set smtp.listen_lmtp to a socket, as unix:/run/pillarbox/lmtp.sock")
	}
	return nil, fail(ExTempFail, "cannot reach the server; is pillarbox running? (%s)", strings.Join(tried, "; "))
}
