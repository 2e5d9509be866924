package statedir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// File systems whose inode numbers are made up by the kernel: they are others after each mount.
const (
	fat   = 0x4d44
	exfat = 0x2011bab0
	fuse  = 0x65735546
)

// Identity tells a file of a state directory on this machine from a copy of it, and the spool
// beside it from one that was put back: by the inode and the birth of the file, the birth of the
// directory of the spool, and the id of the machine. A part that is not known is "-".
//
// The inode alone is not enough, because ext4 gives that of a removed file to the next one; and an
// overlay makes up those of directories. No file of the spool has an inode that stays: FORMAT is
// replaced when the first message is fetched. Copies that are written into the files that are there
// (cp, rsync) have the same identity.
func Identity(f *os.File) string {
	file, machine := "-", "-"
	var in syscall.Stat_t
	if syscall.Fstat(int(f.Fd()), &in) == nil && keepsNumbers(f.Name()) {
		file = fmt.Sprint(in.Ino)
	}
	if text, err := os.ReadFile("/etc/machine-id"); err == nil && len(text) >= 16 {
		machine = strings.TrimSpace(string(text))
	}
	spool := filepath.Join(filepath.Dir(f.Name()), SpoolFolder)
	return strings.Join([]string{file, birth(f.Name()), birth(spool), machine}, " ")
}

// keepsNumbers reports whether the file system of a file keeps inode numbers and births.
func keepsNumbers(path string) bool {
	var on syscall.Statfs_t
	if syscall.Statfs(path, &on) != nil {
		return false
	}
	switch uint64(on.Type) & 0xFFFFFFFF {
	case fat, exfat, fuse:
		return false
	}
	return true
}

// birth returns when a file was made, in seconds, or "-".
func birth(path string) string {
	var st unix.Statx_t
	if !keepsNumbers(path) || unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BTIME, &st) != nil || st.Mask&unix.STATX_BTIME == 0 {
		return "-"
	}
	return fmt.Sprintf("%d.%09d", st.Btime.Sec, st.Btime.Nsec)
}
