package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Read returns the content of a small file, of most octets at most. It follows no link, waits for
// no FIFO, opens no device, and accepts only what the owner of the folder or this process owns. The
// error is fs.ErrNotExist if there is no file.
func Read(path string, most int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it has more than %d octets, which no file of this name has", most)}
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// Open opens a file as Read does.
func Open(path string) (*os.File, error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("it is a symbolic link; replace it by the file")}
	}
	if err != nil {
		return nil, err
	}
	if err := ours(f, folder); err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return f, nil
}

// ours returns an error for an open file that is not one of its folder.
func ours(f, folder *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	above, err := folder.Stat()
	if err != nil {
		return err
	}
	file, ok1 := info.Sys().(*syscall.Stat_t)
	dir, ok2 := above.Sys().(*syscall.Stat_t)
	if ok1 && ok2 && file.Uid != dir.Uid && int(file.Uid) != os.Geteuid() {
		return fmt.Errorf("user %d owns it, and user %d owns the directory; change its owner with chown if it belongs there", file.Uid, dir.Uid)
	}
	return nil
}
