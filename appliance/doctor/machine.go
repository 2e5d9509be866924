package doctor

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The numbers of file systems that matter (statfs(2)).
const (
	tmpfsMagic   = 0x01021994
	ramfsMagic   = 0x858458f6
	overlayMagic = 0x794c7630
	nfsMagic     = 0x6969
	cifsMagic    = 0xff534d42
	smb2Magic    = 0xfe534d42
)

// leastFree is how many octets a state directory needs for everything but messages.
const leastFree = 4 << 20

// Folder checks the state directory: where it lies, who can read it, how much is free. mounts is
// /proc/self/mounts; nil if there is none. volatile reports that the configuration permits messages
// to lie in memory.
func Folder(path string, mounts io.Reader, volatile bool) (all []Finding) {
	const check = "state directory"
	info, err := os.Stat(path)
	if err != nil {
		return append(all, fail(check, err.Error(), "run this as root or as the user of the server; the first start makes the directory"))
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		all = append(all, warn(check, fmt.Sprintf("%s has the mode %v: other users can read it", path, mode), "chmod 700 "+path))
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return append(all, warn(check, path+": "+err.Error(), "check the file system"))
	}
	free := int64(st.Bavail) * int64(st.Bsize)
	switch kind := int64(uint32(st.Type)); {
	case (kind == tmpfsMagic || kind == ramfsMagic) && !volatile:
		all = append(all, fail(check, path+" lies in memory: a restart of the machine loses all messages", "set state to a directory on a disk or card"))
	case kind == overlayMagic:
		all = append(all, warn(check, path+" lies in the upper layer of an overlay: it may be lost when the container is made again, and a router's flash is small", "set state to a volume or an external disk"))
	case kind == nfsMagic, kind == cifsMagic, kind == smb2Magic:
		all = append(all, warn(check, path+" lies on another machine: a flush may not reach its disk", "set state to a local directory"))
	}
	if free < leastFree {
		all = append(all, fail(check, fmt.Sprintf("%s has %d KiB free", path, free>>10), "remove files that are not of the server, or move the state directory"))
	}
	if f := mounted(check, path, mounts); f != nil {
		all = append(all, *f)
	}
	if len(all) == 0 {
		all = append(all, ok(check, fmt.Sprintf("%s, %d MiB free", path, free>>20)))
	}
	return all
}

// mounted looks for a read-only mount, and for one that writes at each access.
func mounted(check, path string, mounts io.Reader) *Finding {
	if mounts == nil {
		return nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	best, options := "", ""
	for scanner := bufio.NewScanner(mounts); scanner.Scan(); {
		words := strings.Fields(scanner.Text())
		if len(words) < 4 {
			continue
		}
		at := strings.ReplaceAll(words[1], `\040`, " ")
		if len(at) >= len(best) && (at == "/" || path == at || strings.HasPrefix(path, at+"/")) {
			best, options = at, words[3]
		}
	}
	list := strings.Split(options, ",")
	switch {
	case slices.Contains(list, "ro"):
		f := fail(check, best+" is mounted read-only: nothing new is stored", "check the file system (fsck), and mount it with rw")
		return &f
	case slices.Contains(list, "strictatime"), slices.Contains(list, "sync"):
		f := warn(check, best+" is mounted with "+options+", which wears flash", "mount it with noatime and without sync")
		return &f
	}
	return nil
}

// Clock checks that the time can be right: not before the program was built.
func Clock(now, built time.Time, trusted bool) Finding {
	const check = "clock"
	switch {
	case now.Before(built):
		return fail(check, "says "+now.Format(time.DateTime)+", before this program was built", "set the time, and run an NTP client")
	case now.Sub(built) > 20*365*24*time.Hour:
		return fail(check, "says "+now.Format(time.DateTime)+", which is far in the future", "set the time, and run an NTP client")
	case !trusted:
		return ok(check, "is plausible; mail is removed by days once it is trusted")
	}
	return ok(check, "is trusted")
}

// Limits checks what the machine gives the server. 0 is "not known".
func Limits(memory, machine, descriptors int64) (all []Finding) {
	const check = "limits"
	if machine > 0 && memory > machine/2 && machine < 256<<20 {
		all = append(all, warn(check, fmt.Sprintf("the server may take %d of %d MiB of memory", memory>>20, machine>>20), "set service.memory to half of it"))
	}
	if descriptors > 0 && descriptors < 512 {
		all = append(all, warn(check, fmt.Sprintf("only %d open files are permitted: the number of sessions is reduced", descriptors), "raise LimitNOFILE of systemd, or nofile of procd, to 1024"))
	}
	if len(all) == 0 {
		all = append(all, ok(check, fmt.Sprintf("%d MiB of memory, %d open files", memory>>20, descriptors)))
	}
	return all
}
