package conn

import (
	"io"
	"os"
	"slices"
	"syscall"
)

// sendfileChunk is the most that one call sends, so that no session keeps a thread for long.
const sendfileChunk = 1 << 20

// sendExtents sends the bytes of extents from at on, and returns the offset that it has reached. It
// sends what is gathered by sendmsg(MSG_MORE), then each extent by sendfile at an explicit offset,
// because all sessions share the position of the file. The system calls run inside RawConn.Write,
// which waits after EAGAIN. Small extents are copied behind the other replies.
func (c *Conn) sendExtents(body io.ReaderAt, extents []Extent, at int64) (int64, error) {
	var end int64
	for _, e := range extents {
		end += e.Length
		if at >= end {
			continue
		}
		if e.Length >= SendfileMin {
			sent, err := c.sendExtent(e, at-(end-e.Length))
			if at += sent; err != nil {
				return at, err
			}
		}
		var err error
		if at, err = c.copyBy(body, at, end, c.TryFlush); err != nil {
			return at, err
		}
	}
	return at, nil
}

// sendExtent sends the bytes of an extent from an offset on, and returns how many it has sent.
// Where the file system has no sendfile these are not all, and the error is nil.
func (c *Conn) sendExtent(e Extent, from int64) (sent int64, err error) {
	raw, err := c.to.tcp.SyscallConn()
	if err != nil {
		return 0, c.note(err)
	}
	if err := c.tryFlushBy(func(b []byte) (int, error) { return writeMore(raw, b) }); err != nil {
		return 0, err
	}
	c.out.release(c.pool)
	e.Offset, e.Length = e.Offset+from, e.Length-from
	file, err := e.File.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := file.Control(func(in uintptr) {
		for sent < e.Length && err == nil {
			var n int
			n, err = c.sendChunk(raw, int(in), e.Offset+sent, int(min(e.Length-sent, sendfileChunk)))
			sent += int64(n)
		}
	})
	if err == nil {
		err = failed
	}
	if err != ErrWouldBlock {
		c.pace = pace{}
	}
	if noSendfile(err) {
		return sent, nil
	}
	return sent, err
}

// sendChunk sends at least one byte if it returns no error. It waits for room in the socket: until
// the deadline of the pace, so that a slow line is never cut while bytes flow, or until it returns
// ErrWouldBlock. An error of the socket is permanent, one of the file is not.
func (c *Conn) sendChunk(raw syscall.RawConn, in int, offset int64, count int) (n int, err error) {
	send := c.pool.Sendfile
	if send == nil {
		send = syscall.Sendfile
	}
	c.to.raw.SetWriteDeadline(c.writeDeadline())
	failed := raw.Write(untilRoom(func(out int) error {
		n, err = send(out, in, &offset, count)
		return err
	}))
	n = max(n, 0)
	c.out.sent += int64(n)
	switch {
	case c.wouldBlock(failed):
		return n, ErrWouldBlock
	case failed != nil:
		return n, c.note(failed)
	case err == nil && n == 0:
		err = io.ErrUnexpectedEOF // the file is shorter than its extent
	case err != nil && !ofFile(err):
		err = c.note(os.NewSyscallError("sendfile", err))
	}
	return n, err
}

// writeMore writes b, and tells the kernel that more follows at once, so that both leave together.
func writeMore(raw syscall.RawConn, b []byte) (written int, err error) {
	for written < len(b) && err == nil {
		var n int
		failed := raw.Write(untilRoom(func(out int) error {
			n, err = syscall.SendmsgN(out, b[written:], nil, nil, syscall.MSG_MORE|syscall.MSG_NOSIGNAL)
			return err
		}))
		if failed != nil {
			return written, failed
		}
		written += max(n, 0)
	}
	return written, os.NewSyscallError("sendmsg", err)
}

// untilRoom makes a RawConn repeat a call until there is room for it.
func untilRoom(call func(out int) error) func(out uintptr) bool {
	return func(out uintptr) bool {
		for {
			switch call(int(out)) {
			case syscall.EINTR:
			case syscall.EAGAIN:
				return false
			default:
				return true
			}
		}
	}
}

// fileErrors are the errors of reading a file from a failing device, a damaged file system or a
// network file system. Any other error of sendfile is the socket's: a network has more ways to
// fail, and they depend on what lies between (EHOSTUNREACH, ENETUNREACH, ECONNABORTED, EPERM).
var fileErrors = [...]syscall.Errno{
	syscall.EIO, syscall.EBADMSG, syscall.EUCLEAN, syscall.ENODATA, syscall.ESTALE, syscall.EACCES,
	syscall.ENXIO, syscall.ENODEV, syscall.ENOMEDIUM, syscall.EREMOTEIO, syscall.ENOLINK, syscall.EILSEQ,
}

// ofFile reports whether an error of sendfile is about the file: it cannot be read, or its file
// system has no sendfile.
func ofFile(err error) bool {
	errno, ok := err.(syscall.Errno)
	return ok && (noSendfile(err) || slices.Contains(fileErrors[:], errno))
}

// noSendfile reports whether the file system of a file has no sendfile.
func noSendfile(err error) bool {
	return err == syscall.EINVAL || err == syscall.ENOSYS || err == syscall.EOPNOTSUPP
}
