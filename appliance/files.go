package appliance

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
)

// watched returns the files that a reload reads.
func (a *Appliance) watched(c *config.Config) []string {
	files := []string{filepath.Join(a.state, statedir.AccountsFile)}
	for _, file := range []string{cmp.Or(c.File, a.opts.Awaited), c.TLS.Cert, c.TLS.Key} {
		if file != "" {
			files = append(files, file)
		}
	}
	return files
}

// look returns a description of files that changes when they change, and not when they are read.
func look(files []string) string {
	var seen strings.Builder
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			fmt.Fprintf(&seen, "%s is not there\n", file)
			continue
		}
		var inode uint64
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			inode = uint64(stat.Ino)
		}
		fmt.Fprintf(&seen, "%s %d %d %d\n", file, inode, info.Size(), info.ModTime().UnixNano())
	}
	return seen.String()
}

// filesChanged reports whether a watched file is another one than when it was last read.
func (a *Appliance) filesChanged() bool {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	return look(a.watched(a.rules.Load().config)) != a.reloading.seen
}
