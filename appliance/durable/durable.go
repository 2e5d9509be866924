package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Replace puts a file with that text in the place of path. After an error the old file is there, or the new one
// whole. It writes one file and flushes it and its folder.
func Replace(path string, text []byte) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	aside := path + ".new"
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a crash
		return err
	}
	f, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(aside) // after the rename there is none
	defer f.Close()
	if err := giveTo(f, folder); err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	return folder.Sync()
}

// giveTo gives a new file to the owner of the folder, so that the service can read what root wrote.
func giveTo(f, folder *os.File) error {
	info, err := folder.Stat()
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() && int(stat.Gid) == os.Getegid() {
		return nil
	}
	err = f.Chown(int(stat.Uid), int(stat.Gid))
	if errors.Is(err, fs.ErrPermission) && int(stat.Uid) == os.Geteuid() {
		return nil // a group that this user is not in: mode 0600 lets no group in anyway
	}
	return err
}

// MakeFolder makes a folder and those above it, for their owner only, and flushes each name, so that a power cut cannot
// take the folder with what is acknowledged in it. It does nothing when the folder is there.
func MakeFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above := filepath.Dir(dir)
	if err := MakeFolder(above); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := flush(above); err != nil && !errors.Is(err, fs.ErrPermission) { // a folder that may not be read cannot be flushed
		return err
	}
	return nil
}

// MakeInside is MakeFolder for a folder that belongs to whom the one above belongs to, so that the service can use what root made.
func MakeInside(dir string) error {
	if err := MakeFolder(dir); err != nil || os.Geteuid() != 0 {
		return err
	}
	above, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return err
	}
	stat, ok := above.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 {
		return nil
	}
	return os.Lchown(dir, int(stat.Uid), int(stat.Gid)) // what a link leads to stays whose it is
}

func flush(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
