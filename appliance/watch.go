package appliance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

const (
	// Several files are often changed together, and editors empty a file before they write it.
	settleTime = 100 * time.Millisecond
)

// watch reloads when a file has changed, and each minute looks after certificate and spool, until
// ctx ends. notices has the notifications of the kernel; if it is nil, only the
// inspection every minute finds changes.
func (a *Appliance) watch(ctx context.Context, notices *fsnotify.Watcher, retainer *retainer, inspector *inspector) {
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
		a.guard.Rounds.Renew()
		select {
		case <-ctx.Done():
			return
		case e := <-changes:
			if slices.Contains(a.watched(a.rules.Load().config), e.Name) {
				settled.Reset(settleTime)
			}
			continue
		case err := <-troubles:
			a.log.Warn("notifications of changed files were lost", zap.Error(err))
			settled.Reset(settleTime)
			continue
		case <-ticker.C:
			a.cert.renew(a.clock)
			a.logins.saveKnown()
			retainer.retain(ctx)
			inspector.inspect(ctx)
			a.guard.Supervisor.Status(a.statusLine())
		case <-settled.C:
		}
		if a.filesChanged() {
			a.Reload() // which logs
			settled.Reset(settleTime)
		}
	}
}

// newWatcher has the kernel tell of changes in the folders of the watched files. Without it,
// lookEvery is what is left.
func (a *Appliance) newWatcher() *fsnotify.Watcher {
	if !noticesSafe {
		a.log.Info("changed files are read within a minute, or at once on SIGHUP")
		return nil
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		a.log.Warn("watching files failed: changed files are read within a minute, or at once on SIGHUP", zap.Error(err))
		return nil
	}
	var folders []string
	for _, file := range a.watched(a.boot) {
		folder := filepath.Dir(file)
		if slices.Contains(folders, folder) {
			continue
		}
		folders = append(folders, folder)
		// The folder of the configuration may be created later.
		if err := w.Add(folder); err != nil && !errors.Is(err, os.ErrNotExist) {
			a.log.Warn("watching a directory failed: changed files in it are read within a minute, or at once on SIGHUP", zap.String("directory", folder), zap.Error(err))
		}
	}
	return w
}
