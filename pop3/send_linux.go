package pop3

import (
	"io"
	"os"
	"syscall"
)

const (
	// sendfileMin is the size from which stored bytes are sent by the kernel. Below it the
	// round trip costs more than the copy, and a copy can share its write with other replies.
	sendfileMin = 64 << 10
	// sendfileChunk is the most that one call sends, so that no session keeps a thread for long.
	sendfileChunk = 1 << 20
)

// A sendfileFunc is syscall.Sendfile.
type sendfileFunc func(out, in int, offset *int64, count int) (int, error)

// sendExtents sends stored bytes from their files to the socket: what is gathered by
// sendmsg(MSG_MORE), then each extent by sendfile at an explicit offset, for the position of
// the file is shared by all sessions. The system calls run inside RawConn.Write, which parks
// on EAGAIN. Extents that are small are copied beside the other replies.
func (d *dialogue) sendExtents(body io.ReaderAt, extents []Extent) error {
	var at int64
	for _, e := range extents {
		sent := int64(0)
		if e.Length >= sendfileMin {
			var err error
			if sent, err = d.sendExtent(e); err != nil {
				return err
			}
		}
		if err := d.copy(body, at+sent, at+e.Length); err != nil {
			return err
		}
		at += e.Length
	}
	return nil
}

// sendExtent sends one extent and returns how much of it left: less than all of it, without
// an error, where the file system has no sendfile.
func (d *dialogue) sendExtent(e Extent) (sent int64, err error) {
	if d.raw == nil {
		if d.raw, err = d.tcp.SyscallConn(); err != nil {
			return 0, d.note(err)
		}
	}
	d.pace = pace{}
	if err := d.flushMore(); err != nil {
		return 0, err
	}
	d.giveBack()
	file, err := e.File.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := file.Control(func(in uintptr) {
		for sent < e.Length && err == nil {
			var n int
			n, err = d.sendChunk(int(in), e.Offset+sent, int(min(e.Length-sent, sendfileChunk)))
			sent += int64(n)
		}
	})
	if err == nil {
		err = failed
	}
	switch err {
	case syscall.EINVAL, syscall.ENOSYS, syscall.EOPNOTSUPP:
		return sent, nil
	}
	return sent, err
}

// sendChunk sends at least one byte, when it returns no error. An error of the socket sticks
// to the dialogue; any other is the file's.
func (d *dialogue) sendChunk(in int, offset int64, count int) (n int, err error) {
	send := d.sendfile
	if send == nil {
		send = syscall.Sendfile
	}
	failed := d.whenWritable(func(out int) error {
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

// flushMore sends what is gathered and tells the kernel that more follows at once, so that
// both leave together.
func (d *dialogue) flushMore() error {
	if d.gathered == 0 {
		return d.err
	}
	b := d.out[:d.gathered]
	for len(b) > 0 && d.err == nil {
		var n int
		var err error
		failed := d.whenWritable(func(out int) error {
			n, err = syscall.SendmsgN(out, b, nil, nil, syscall.MSG_MORE|syscall.MSG_NOSIGNAL)
			return err
		})
		if failed == nil && err != nil {
			failed = d.note(os.NewSyscallError("sendmsg", err))
		}
		if failed != nil {
			break
		}
		d.sent += int64(n)
		b = b[n:]
	}
	d.gathered = 0
	return d.err
}

// whenWritable makes a system call that writes to the socket, waiting for room until the
// deadline of its pace, so that a slow line is never cut while bytes flow. The error is that
// of the wait, and sticks.
func (d *dialogue) whenWritable(call func(out int) error) error {
	d.conn.SetWriteDeadline(d.paced())
	return d.note(d.raw.Write(func(out uintptr) bool {
		for {
			switch call(int(out)) {
			case syscall.EINTR:
			case syscall.EAGAIN:
				return false
			default:
				return true
			}
		}
	}))
}
