// Package durable replaces the small files of the state directory (accounts, certificates, ports),
// so that a power cut at any instant leaves the old file or the new one.
//
// Read reads them, and follows no link.
//
// It stores no mail, which has a store of its own; it never writes into an existing file. Replace
// is not safe for two writers of one file at once: they take the Lock of its folder.
//
// # Invariants
//
//	D1  When Replace or MakeFolder has returned nil, the name and its content survive a power cut.
//	D2  A reader sees the old file completely or the new one completely.
//	D3  A file has mode 0600 and the owner of its folder, whichever user runs the program; a folder
//	    has mode 0700.
//
// # Life of a file
//
// <name>.new is created (a crash may have left one, which is removed) → given to the owner of the
// folder → written → flushed → renamed → the folder is flushed.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Replace replaces the file at path by one with that text. After an error the old file is there, or
// the new one complete. It writes one file and flushes it and its folder.
func Replace(path string, text []byte) error {
	return ReplaceBy(path, func(*os.File) []byte { return text })
}

// ReplaceBy is Replace with a text that depends on the file that will have it.
func ReplaceBy(path string, text func(*os.File) []byte) error {
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
	defer os.Remove(aside) // after the rename it does not exist
	defer f.Close()
	if err := giveTo(f, folder); err != nil {
		return err
	}
	if _, err := f.Write(text(f)); err != nil {
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
// Another user cannot change the owner, and keeps its own in a folder where it may write.
func giveTo(f, folder *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := folder.Stat()
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() && int(stat.Gid) == os.Getegid() {
		return nil
	}
	err = f.Chown(int(stat.Uid), int(stat.Gid))
	if errors.Is(err, fs.ErrPermission) && stat.Uid == 0 {
		return nil // a root without CAP_CHOWN: mode 0600 lets no group in anyway
	}
	return err
}

// MakeFolder makes a folder and those above it, accessible to their owner only, and flushes each
// name, so that a power cut cannot remove the folder with acknowledged data in it. It does nothing
// if the folder exists.
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
	// A folder that may not be read cannot be flushed.
	if err := flush(above); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// MakeInside is MakeFolder for a folder that belongs to the owner of the one above, so that the
// service can use what root made. It follows no link.
func MakeInside(dir string) error {
	if err := MakeFolder(dir); err != nil {
		return err
	}
	folder, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if info, failed := os.Lstat(dir); err != nil && failed == nil && info.Mode().Type() == fs.ModeSymlink {
		return &fs.PathError{Op: "open", Path: dir, Err: errors.New("it is a symbolic link; replace it by the directory")}
	}
	if err != nil {
		return err
	}
	defer folder.Close()
	if os.Geteuid() != 0 { // and the one above may not be readable
		return nil
	}
	above, err := os.Open(filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer above.Close()
	return giveTo(folder, above)
}

func flush(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
