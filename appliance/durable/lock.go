package durable

import (
	"fmt"
	"os"
	"syscall"
)

// Lock waits for the lock of a folder, which one user has at a time, in this program or another.
// Closing the folder releases it.
func Lock(dir string) (*os.File, error) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX)
		if err == nil {
			return folder, nil
		}
		if err != syscall.EINTR {
			folder.Close()
			return nil, fmt.Errorf("locking %s: %w", dir, err)
		}
	}
}
