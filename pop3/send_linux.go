package pop3

import (
	"io"
	"os"
	"syscall"
)

const (
	// sendfileMin is the size from which stored bytes are sent by the kernel: what the buffer cannot hold, and so cannot
	// share its write with other replies. Below 16 KiB the second system call costs more than the copy (BenchmarkCrossover).
	sendfileMin = gatherSize
	// sendfileChunk is the most that one call sends, so that no session keeps a thread for long.
	sendfileChunk = 1 << 20
)

// A sendfileFunc is syscall.Sendfile.
type sendfileFunc func(out, in int, offset *int64, count int) (int, error)

// sendExtents sends stored bytes from their files to the socket: what is gathered by
// sendmsg(MSG_MORE), then each extent by sendfile at an explicit offset, for the position of
// the file is shared by all sessions. The system calls run inside RawConn.Write, which parks
// on EAGAIN for a short while. Extents that are small are copied beside the other replies. It begins at so many
// bytes of the body, and returns how far it came.
func (d *dialogue) sendExtents(body io.ReaderAt, extents []Extent, at int64) (int64, error) {
	var end int64
	for _, e := range extents {
		end += e.Length
		if at >= end {
			continue
		}
		if e.Length >= sendfileMin {
			sent, err := d.sendExtent(e, at-(end-e.Length))
			if at += sent; err != nil {
				return at, err
			}
		}
		var err error
		if at, err = d.copyBy(body, at, end, d.drain); err != nil {
			return at, err
		}
	}
	return at, nil
}

// sendExtent sends one extent but for its first bytes, and returns how much of it left: less than all of it, without
// an error, where the file system has no sendfile.
func (d *dialogue) sendExtent(e Extent, from int64) (sent int64, err error) {
	raw, err := d.tcp.SyscallConn()
	if err != nil {
		return 0, d.note(err)
	}
	if err := d.drainBy(func(b []byte) (int, error) { return writeMore(raw, b) }); err != nil {
		return 0, err
	}
	d.giveBack()
	e.Offset, e.Length = e.Offset+from, e.Length-from
	file, err := e.File.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := file.Control(func(in uintptr) {
		for sent < e.Length && err == nil {
			var n int
			n, err = d.sendChunk(raw, int(in), e.Offset+sent, int(min(e.Length-sent, sendfileChunk)))
			sent += int64(n)
		}
	})
	if err == nil {
		err = failed
	}
	if err != errDozes {
		d.pace = pace{}
	}
	switch err {
	case syscall.EINVAL, syscall.ENOSYS, syscall.EOPNOTSUPP:
		return sent, nil
	}
	return sent, err
}

// sendChunk sends at least one byte, when it returns no error. An error of the socket sticks
// to the dialogue; any other is the file's.
func (d *dialogue) sendChunk(raw syscall.RawConn, in int, offset int64, count int) (n int, err error) {
	send := d.sendfile
	if send == nil {
		send = syscall.Sendfile
	}
	failed := d.whenWritable(raw, func(out int) error {
		n, err = send(out, in, &offset, count)
		return err
	})
	n = max(n, 0)
	d.sent += int64(n)
	switch {
	case failed != nil:
		return n, failed
	case err == syscall.EPIPE, err == syscall.ECONNRESET, err == syscall.ETIMEDOUT:
		return n, d.note(os.NewSyscallError("sendfile", err))
	case err == nil && n == 0:
		err = io.ErrUnexpectedEOF // the file is shorter than its extent
	}
	return n, err
}

// writeMore writes b and tells the kernel that more follows at once, so that both leave together.
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

// whenWritable makes a system call that writes to the socket, waiting for room. Where the session dozes that is a short
// while, then errDozes; else until the deadline of its pace, so that a slow line is never cut while bytes flow.
// Another error is that of the wait, and sticks.
func (d *dialogue) whenWritable(raw syscall.RawConn, call func(out int) error) error {
	d.conn.SetWriteDeadline(d.patience())
	err := raw.Write(untilRoom(call))
	if d.stalls(err) {
		return errDozes
	}
	return d.note(err)
}

// untilRoom has a RawConn repeat a call until there was room for it.
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
