package flash

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// WearOf returns the age of the device that a folder lies on. ok is false if the kernel does not
// report it, as for SD cards, disks, and file systems over several devices.
func WearOf(dir string) (w Wear, ok bool) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return w, false
	}
	device := uint64(st.Dev)
	return wearAt(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(device), unix.Minor(device)))
}

// wearAt returns the age of a block device of sysfs: of a whole one, or of a partition, whose
// folder is below that of the whole one.
func wearAt(block string) (w Wear, ok bool) {
	block, err := filepath.EvalSymlinks(block)
	if err != nil {
		return w, false
	}
	for _, dir := range []string{block, filepath.Dir(block)} {
		life, err := os.ReadFile(filepath.Join(dir, "device", "life_time"))
		if err != nil {
			continue
		}
		words := strings.Fields(string(life))
		if len(words) < 2 {
			return Wear{}, false
		}
		for i := range w.LifeTime {
			n, err := strconv.ParseUint(words[i], 0, 8)
			if err != nil {
				return Wear{}, false
			}
			w.LifeTime[i] = int(n)
		}
		if eol, err := os.ReadFile(filepath.Join(dir, "device", "pre_eol_info")); err == nil {
			n, _ := strconv.ParseUint(strings.TrimSpace(string(eol)), 0, 8) // 0 if it cannot be read
			w.PreEOL = int(n)
		}
		return w, true
	}
	return w, false
}
