package sendmail

import (
	"io"
	"slices"
	"time"
)

// dialogue is -bs: who calls speaks SMTP with the box itself, by standard input and output.
func (c *Call) dialogue() error {
	ways := slices.DeleteFunc(slices.Clone(c.Ways), func(w Way) bool { return w.LMTP })
	if len(ways) == 0 {
		return fail(ExUnavailable, "the box takes no SMTP without a login")
	}
	box, err := c.reach(ways)
	if err != nil {
		return err
	}
	defer box.close()
	if err := box.conn.SetDeadline(time.Time{}); err != nil { // the box keeps the time
		return fail(ExTempFail, "%v", err)
	}
	if _, err := io.WriteString(c.Output, "220 "+c.Hostname+" ESMTP pillarbox\r\n"); err != nil {
		return ioError(err)
	}
	go func() { // it ends with the input, or with the program
		io.Copy(box.conn, c.Input)
		if half, ok := box.conn.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	_, err = io.Copy(c.Output, box.text.R)
	return ioError(err)
}
