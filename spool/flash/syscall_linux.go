package flash

import (
	"os"

	"golang.org/x/sys/unix"
)

func datasync(f *os.File) error { return control(f, "fdatasync", unix.Fdatasync) }

// control makes a system call on the descriptor of f, again when a signal interrupts it.
func control(f *os.File, op string, call func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	closed := raw.Control(func(fd uintptr) {
		err = again(func() error { return call(int(fd)) })
	})
	if closed != nil {
		err = os.ErrClosed // the only possible reason
	}
	if err != nil {
		return &os.PathError{Op: op, Path: f.Name(), Err: err}
	}
	return nil
}

// again repeats a system call that a signal interrupted.
func again(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
