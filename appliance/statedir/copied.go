package statedir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// File systems whose inode numbers are made up by the kernel: they are others after each mount.
const (
	fat   = 0x4d44
	exfat = 0x2011bab0
	fuse  = 0x65735546
)

// Identity tells a file of a state directory on this machine from a copy of it, and the spool
// beside it from one that was put back: by the inodes of the file and of the directory of the
// spool, and by the id of the machine. A part that is not known is "-". No file of the spool has an
// inode that stays: FORMAT is replaced when the first message is fetched.
func Identity(f *os.File) string {
	file, spool, machine := "-", "-", "-"
	var in, beside syscall.Stat_t
	var on syscall.Statfs_t
	if syscall.Fstat(int(f.Fd()), &in) == nil && syscall.Fstatfs(int(f.Fd()), &on) == nil {
		switch uint64(on.Type) & 0xFFFFFFFF {
		case fat, exfat, fuse:
		default:
			file = fmt.Sprint(in.Ino)
			if syscall.Stat(filepath.Join(filepath.Dir(f.Name()), SpoolFolder), &beside) == nil {
				spool = fmt.Sprint(beside.Ino)
			}
		}
	}
	if text, err := os.ReadFile("/etc/machine-id"); err == nil && len(text) >= 16 {
		machine = strings.TrimSpace(string(text))
	}
	return file + " " + spool + " " + machine
}
