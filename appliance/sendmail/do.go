package sendmail

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Do runs the program. The error is an *Error.
func (c *Call) Do() error {
	switch c.Options.Mode {
	case ShowQueue:
		_, err := fmt.Fprintln(c.Output, "Mail queue is empty")
		return ioError(err)
	case Nothing:
		return nil
	case Dialogue:
		return c.speakSMTP()
	}
	return c.deliver()
}

// speakSMTP runs -bs: the caller speaks SMTP with the server by standard input and output.
func (c *Call) speakSMTP() error {
	ways := slices.DeleteFunc(slices.Clone(c.Ways), func(w Way) bool { return w.LMTP })
	if len(ways) == 0 {
		return fail(ExUnavailable, "authentication required: no listener accepts SMTP without a login")
	}
	server, err := c.reach(ways)
	if err != nil {
		return err
	}
	defer server.close()
	if err := server.conn.SetDeadline(time.Time{}); err != nil { // the server has its own time-outs
		return fail(ExTempFail, "%v", err)
	}
	if _, err := io.WriteString(c.Output, "220 "+c.Hostname+" ESMTP pillarbox\r\n"); err != nil {
		return ioError(err)
	}
	go func() { // ends with the input, or with the program
		io.Copy(server.conn, c.Input)
		if half, ok := server.conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	_, err = io.Copy(c.Output, server.text.R)
	return ioError(err)
}
