package accounts

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Load reads an accounts file. The error is os.ErrNotExist when there is none.
func Load(path string) (*Table, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Edit reads an accounts file, or an empty one when there is none, and replaces it by what change makes of it. While change
// runs no other Edit of the folder does, in this program or another. An error of change is
// returned as it is, and the file stays.
//
// It writes one small file and flushes it and its folder.
func Edit(path string, change func(*Table) (*Table, error)) (*Table, error) {
	folder, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close() // gives the lock back
	before, err := Load(path)
	if os.IsNotExist(err) {
		before, err = Parse(path, nil)
	}
	if err != nil {
		return nil, err
	}
	after, err := change(before)
	if err != nil {
		return nil, err
	}
	if err := replace(path, after.encode(), folder); err != nil {
		return nil, err
	}
	return after, nil
}

// lockFolder waits for the lock of a folder; closing it gives the lock back.
func lockFolder(dir string) (*os.File, error) {
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

// replace puts a file in the place of path, with the owner of its folder: write aside, flush, rename, flush
// the folder.
func replace(path string, text []byte, folder *os.File) error {
	aside := path + ".new"
	if err := os.Remove(aside); err != nil && !os.IsNotExist(err) { // left by a crash
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
	uid, gid, ok := owner(info)
	if !ok || uid == os.Geteuid() && gid == os.Getegid() {
		return nil
	}
	err = f.Chown(uid, gid)
	if os.IsPermission(err) && uid == os.Geteuid() {
		return nil // a group that this user is not in: mode 0600 lets no group in anyway
	}
	return err
}

func owner(info fs.FileInfo) (uid, gid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}
