package appliance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
)

const (
	lookEvery  = time.Minute            // beside the notices of the kernel, which some file systems do not give
	settleTime = 100 * time.Millisecond // several files are often changed together, and editors empty a file before they write it
)

// watch reloads when a file has changed, and each minute looks after certificate and spool, until ctx ends. notices is told of changes; when it is
// nil, the look every minute is all there is.
func (a *Appliance) watch(ctx context.Context, notices *fsnotify.Watcher) {
	var changes <-chan fsnotify.Event
	var troubles <-chan error
	if notices != nil {
		defer notices.Close()
		changes, troubles = notices.Events, notices.Errors
	}
	ticker := time.NewTicker(a.opts.LookEvery)
	defer ticker.Stop()
	settled := time.NewTimer(settleTime) // a change since New counts too
	defer settled.Stop()
	for {
		a.guard.rounds.Renew()
		select {
		case <-ctx.Done():
			return
		case e := <-changes:
			if slices.Contains(a.watched(a.rules.Load().config), e.Name) {
				settled.Reset(settleTime)
			}
			continue
		case err := <-troubles:
			a.log.Warn("notices of changed files were lost", logbook.Error(err))
			settled.Reset(settleTime)
			continue
		case <-ticker.C:
			a.renew()
			a.retain(ctx)
			a.inspect(ctx, &a.condition)
			a.guard.supervisor.Status(a.statusLine())
		case <-settled.C:
		}
		if now := look(a.watched(a.rules.Load().config)); now != a.seen {
			a.Reload()   // which logs
			a.seen = now // as it was before the files were read
			settled.Reset(settleTime)
		}
	}
}

// renew renews the certificate when its time has come.
func (a *Appliance) renew() {
	now := a.opts.Clock()
	renewed, err := a.ring.Renew(certs.Reading{Wall: now.Wall, Mono: now.Up})
	if err != nil {
		a.log.Error("certificate could not be renewed", logbook.Error(err))
	} else if renewed {
		a.log.Info("certificate renewed", logbook.Time("until", a.ring.Leaf().NotAfter), logbook.String("sha256", a.ring.Fingerprint()))
	}
}

// newWatcher has the kernel tell of changes in the folders of the watched files. Without it, lookEvery is what is left.
func (a *Appliance) newWatcher() *fsnotify.Watcher {
	if !noticesSafe {
		a.log.Info("changes of files are noticed within a minute, or at once by SIGHUP")
		return nil
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		a.log.Warn("changes of files are noticed within a minute only", logbook.Error(err))
		return nil
	}
	var folders []string
	for _, file := range a.watched(a.boot) {
		folder := filepath.Dir(file)
		if slices.Contains(folders, folder) {
			continue
		}
		folders = append(folders, folder)
		if err := w.Add(folder); err != nil && !errors.Is(err, os.ErrNotExist) { // that of a configuration which may come
			a.log.Warn("changes in a folder are noticed within a minute only", logbook.String("folder", folder), logbook.Error(err))
		}
	}
	return w
}

// watched are the files that a reload reads.
func (a *Appliance) watched(c *config.Config) []string {
	files := []string{filepath.Join(a.state, accountsFile)}
	for _, file := range []string{cmp.Or(c.File, a.opts.Awaited), c.TLS.Cert, c.TLS.Key} {
		if file != "" {
			files = append(files, file)
		}
	}
	return files
}

// look returns what tells one state of files from another: who reads them changes nothing in it.
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
