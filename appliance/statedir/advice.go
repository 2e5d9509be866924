package statedir

import (
	"fmt"
	"os"
	"syscall"
)

// ownersAdvice returns to whom a state directory belongs, which user this process is, and what to
// do: to change the one or the other. It is for directories that are mounted into a container, too,
// where the user sees neither.
func ownersAdvice(dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return "run this as its owner"
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "run this as its owner"
	}
	uid, gid := os.Geteuid(), os.Getegid()
	advice := fmt.Sprintf("it belongs to %d:%d (mode %04o), and this process is %d:%d: give it to this user (chown -R %d:%d %s; for a container the folder that is mounted there)",
		stat.Uid, stat.Gid, info.Mode().Perm(), uid, gid, uid, gid, dir)
	if stat.Uid == 0 { // or the user of podman without root, who has this number inside
		return advice + "; podman without root does it for a folder that is mounted with :U"
	}
	return advice + fmt.Sprintf(`, or run as its owner (for a container user: "%d:%d" in compose.yaml, or --user %d:%d)`, stat.Uid, stat.Gid, stat.Uid, stat.Gid)
}
