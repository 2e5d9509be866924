package flash

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mountTable is where the kernel lists what is mounted in the view of this process (proc(5)).
const mountTable = "/proc/self/mountinfo"

// A mount is one line of the table.
type mount struct {
	point   string   // where it is mounted
	kind    string   // of the file system, as "ext4" or "fuse.sshfs"
	options []string // of this mount and of the file system
}

// option returns the value of an option: "" and true for one that has none.
func (m mount) option(name string) (value string, set bool) {
	for _, o := range slices.Backward(m.options) {
		if key, value, _ := strings.Cut(o, "="); key == name {
			return value, true
		}
	}
	return "", false
}

// mountOf finds the mount that holds path, which is absolute and has no symbolic links. Of two
// mounts at the same place the later one covers the other. Lines that cannot be parsed are skipped.
func mountOf(table io.Reader, path string) (found mount, ok bool) {
	for lines := bufio.NewScanner(table); lines.Scan(); {
		m, good := parseMount(lines.Text())
		if good && covers(m.point, path) && len(m.point) >= len(found.point) {
			found, ok = m, true
		}
	}
	return found, ok
}

// parseMount reads a line:
//
//	36 35 98:0 /root /mount\040point rw,noatime master:1 - ext4 /dev/sda1 rw,commit=600
func parseMount(line string) (mount, bool) {
	front, back, ok := strings.Cut(line, " - ")
	head, tail := strings.Fields(front), strings.Fields(back)
	if !ok || len(head) < 6 || len(tail) < 1 {
		return mount{}, false
	}
	m := mount{point: unescape(head[4]), kind: tail[0], options: strings.Split(head[5], ",")}
	if len(tail) > 2 {
		m.options = append(m.options, strings.Split(tail[2], ",")...)
	}
	return m, true
}

// unescape undoes the octal escapes of blanks and backslashes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) { // as nearly all are: a Replacer allocates 2 KB
		return s
	}
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

func covers(point, path string) bool {
	return point == "/" || path == point || strings.HasPrefix(path, point+"/")
}

// longCommit is the shortest commit= in seconds that needs no warning: with it the journal of a
// server at home costs less than the mail.
const longCommit = 60

// remarks returns warnings about the way a file system is mounted, each with the remedy.
func (m mount) remarks() (said []string) {
	say := func(text string) { said = append(said, m.kind+" on "+m.point+" "+text) }
	value, set := m.option("barrier")
	_, none := m.option("nobarrier")
	if none || set && value == "0" {
		say("is mounted with nobarrier: a power cut loses mail that was acknowledged; take it out of /etc/fstab and mount -o remount,barrier=1")
	}
	switch m.kind {
	case "f2fs":
		if value, _ := m.option("fsync_mode"); value == "nobarrier" {
			say("is mounted with fsync_mode=nobarrier: a power cut loses mail that was acknowledged; mount it with fsync_mode=posix")
		}
	case "ext3", "ext4":
		if value, _ := m.option("data"); value == "journal" {
			say("is mounted with data=journal: all mail is written twice; mount it with data=ordered")
		}
		value, _ := m.option("commit")
		if seconds, err := strconv.Atoi(value); err != nil || seconds < longCommit {
			say("commits its journal every few seconds, which causes two of three flushes when little mail arrives: mount it with noatime,commit=600; what is acknowledged never waits for the journal")
		}
	}
	return said
}

// volatileBelow reports whether an overlay keeps its files where they do not last: in memory, or
// with an option that turns flushing off.
func (m mount) volatileBelow(table io.Reader) bool {
	if _, set := m.option("volatile"); set {
		return true
	}
	upper, set := m.option("upperdir")
	if !set {
		return false
	}
	below, ok := mountOf(table, unescape(upper))
	return ok && (below.kind == "tmpfs" || below.kind == "ramfs")
}

// survey adds to a profile what the table of mounts says about the folder of an open file. What
// cannot be found out is left out.
func (p *Profile) survey(dir string) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return
	}
	table, err := os.Open(mountTable)
	if err != nil {
		return
	}
	defer table.Close()
	m, ok := mountOf(table, path)
	if !ok {
		return
	}
	p.Warnings = append(p.Warnings, m.remarks()...)
	if m.kind != "overlay" {
		return
	}
	if _, err := table.Seek(0, io.SeekStart); err == nil && m.lostAtPowerOff(table) {
		p.Volatile = true
		p.Warnings = append(p.Warnings, "the overlay on "+m.point+" "+inMemory)
	}
}

// lostAtPowerOff reports whether what is written to an overlay is lost at a power cut. The path of
// the upper directory is one of the mount namespace in which the overlay was mounted. In a jail or
// a container that path names nothing, or something else: the root of a ujail is a tmpfs, and every
// path of the router would seem to lie in it. So the table is used only for an upper directory that
// can be seen from here. The option "volatile" is the overlay's own and always counts.
func (m mount) lostAtPowerOff(table io.Reader) bool {
	upper, _ := m.option("upperdir")
	if upper != "" && !reachable(unescape(upper)) {
		_, set := m.option("volatile")
		return set
	}
	return m.volatileBelow(table) || inMemoryAt(m)
}

// reachable reports whether a path leads to something. If a directory on the way may not be
// searched, the path is assumed to exist, and the table is the best source that there is.
func reachable(path string) bool {
	_, err := os.Stat(path)
	return err == nil || errors.Is(err, os.ErrPermission)
}

// inMemoryAt queries the file system itself, if the upper folder of an overlay can be reached.
func inMemoryAt(m mount) bool {
	upper, _ := m.option("upperdir")
	var st unix.Statfs_t
	if upper == "" || unix.Statfs(unescape(upper), &st) != nil {
		return false
	}
	magic := int64(uint32(st.Type))
	return magic == unix.TMPFS_MAGIC || magic == unix.RAMFS_MAGIC
}
