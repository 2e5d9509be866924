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

// Identity tells a state directory on this machine from a copy of it: by the inode of the file
// that the spool writes once, and by the id of the machine. A part that is not known is "-".
func Identity(state string) string {
	inode, machine := "-", "-"
	var in syscall.Stat_t
	var on syscall.Statfs_t
	path := filepath.Join(state, SpoolFolder, "FORMAT")
	if syscall.Stat(path, &in) == nil && syscall.Statfs(path, &on) == nil {
		switch uint64(on.Type) & 0xFFFFFFFF {
		case fat, exfat, fuse:
		default:
			inode = fmt.Sprint(in.Ino)
		}
	}
	if text, err := os.ReadFile("/etc/machine-id"); err == nil && len(text) >= 16 {
		machine = strings.TrimSpace(string(text))
	}
	return inode + " " + machine
}
