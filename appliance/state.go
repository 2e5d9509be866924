package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The names in the state folder.
const (
	accountsFile   = "accounts"
	certsFolder    = "certs"
	spoolFolder    = "spool"
	firstLoginFile = "first-login"
)

// openState makes the state folder if it is missing, for its owner only.
func openState(dir string) error {
	err := makeFolder(dir)
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: the state folder cannot be made by this user; make it, or set state in the configuration to a folder of its own", err)
	case err != nil:
		return fmt.Errorf("the state folder: %w", err)
	}
	if err := syscall.Access(dir, 7); err != nil { // read, write, search
		return fmt.Errorf("the state folder %s cannot be written: %w; run this as its owner", dir, err)
	}
	return nil
}

// makeFolder makes a folder and those above it, and flushes each name, so that a power cut cannot take the folder with the
// mail that is acknowledged in it.
func makeFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(dir)
	if err := makeFolder(above); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncFolder(above); err != nil && !errors.Is(err, fs.ErrPermission) { // a folder that may not be read cannot be flushed
		return err
	}
	return nil
}

// replaceFile puts a file of mode 0600 in the place of another: write aside, flush, rename, flush the folder.
func replaceFile(dir, name string, text []byte) error {
	path := filepath.Join(dir, name)
	aside := path + ".new"
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a crash
		return err
	}
	f, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// usedBytes returns what the files in a folder occupy; 0 when it is not there.
func usedBytes(dir string) int64 {
	var sum int64
	found, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, f := range found {
		if info, err := f.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				sum += stat.Blocks * 512 // stat(2): in units of 512 bytes
			}
		}
	}
	return sum
}
