package flash

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// WearOf returns the age of the device that a folder lies on; ok is false where the kernel does not tell it, as for
// SD cards, disks, and file systems over several devices.
func WearOf(dir string) (w Wear, ok bool) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return w, false
	}
	device := uint64(st.Dev)
	return wearAt(fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(device), unix.Minor(device)))
}

// wearAt reads it for a block device of sysfs: a whole one, or a partition, which lies in the folder of the whole one.
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
		if n, _ := fmt.Sscanf(string(life), "0x%x 0x%x", &w.LifeTime[0], &w.LifeTime[1]); n != 2 {
			return Wear{}, false
		}
		if eol, err := os.ReadFile(filepath.Join(dir, "device", "pre_eol_info")); err == nil {
			fmt.Sscanf(strings.TrimSpace(string(eol)), "0x%x", &w.PreEOL) // 0 if it says nothing
		}
		return w, true
	}
	return w, false
}
