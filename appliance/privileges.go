package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/confine"
	"pillarbox/appliance/logbook"
)

// serviceUser returns who the box is to be once its ports are open; nil: who it is.
func serviceUser(c *config.Config) (*confine.Identity, error) {
	if c.Service.User == "" {
		return nil, nil
	}
	id, err := confine.Lookup(c.Service.User)
	if err != nil {
		return nil, fmt.Errorf("service.user: %w", err)
	}
	if uid := os.Geteuid(); uid != 0 && uid != id.UID {
		return nil, fmt.Errorf("service.user: only root can become %s: start this as root or as %s, or take the line out", id.Name, id.Name)
	}
	return &id, nil
}

// handOver gives the state folder to the service user, with all that another one has made in it. The folder itself comes last: until
// then the next start does it again. What could be another name of a file elsewhere, a link, is left alone.
func handOver(state string, id *confine.Identity) error {
	info, err := os.Lstat(state)
	if err != nil {
		return err
	}
	if id == nil || os.Geteuid() != 0 || ownerOf(info) == id.UID {
		return nil
	}
	var found []string
	err = filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); info.IsDir() || ok && info.Mode().IsRegular() && stat.Nlink == 1 {
			found = append(found, path)
		}
		return nil
	})
	for _, path := range slices.Backward(found) {
		if err == nil {
			err = os.Lchown(path, id.UID, id.GID)
		}
	}
	if err != nil {
		return fmt.Errorf("giving the state folder to %s: %w", id.Name, err)
	}
	return nil
}

func ownerOf(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}

// giveUp gives up, once everything is open, what is not needed any more: the rights of root where there is a service
// user, and all files but the state folder and what a reload reads.
func (a *Appliance) giveUp(c *config.Config, id *confine.Identity) error {
	_, _ = time.Now().Zone() // read now: later its file is out of reach
	if id != nil {
		if err := confine.Become(*id); err != nil {
			return fmt.Errorf("service.user: %w", err)
		}
		if err := syscall.Access(c.State, 7); err != nil {
			return fmt.Errorf("the state folder %s cannot be reached by %s: %w; make the folders above it open to all (chmod o+x), or set state to another one", c.State, id.Name, err)
		}
		a.log.Info("running as", logbook.String("user", id.Name))
		for _, file := range a.watched(c) {
			if err := syscall.Access(file, 4); err != nil && !errors.Is(err, syscall.ENOENT) { // read
				a.log.Warn("a change of this file will not be read: the service user may not", logbook.String("file", file), logbook.String("user", id.Name), logbook.Error(err))
			}
		}
	}
	if !c.Service.Confine {
		return nil
	}
	version, err := confine.Within(a.boundsOf(c))
	switch {
	case errors.Is(err, syscall.E2BIG), err == nil && version == 0:
		a.log.Warn("not confined to the state folder: this kernel cannot do it (Landlock)", logbook.Error(err))
	case err != nil:
		return fmt.Errorf("confining the box to its files: %w; service.confine = false goes without", err)
	default:
		a.log.Info("confined to the state folder", logbook.Int("landlock", version))
	}
	return nil
}

// boundsOf names the files that a box needs after its start.
func (a *Appliance) boundsOf(c *config.Config) confine.Bounds {
	b := confine.Bounds{Write: []string{c.State}, Read: []string{os.DevNull}} // the reserve of descriptors is one of it
	for _, file := range a.watched(c) {
		b.Read = append(b.Read, filepath.Dir(file))
		if real, err := filepath.EvalSymlinks(file); err == nil { // certificates are often links into an archive
			b.Read = append(b.Read, filepath.Dir(real))
		}
	}
	for _, addr := range c.SMTP.ListenLMTP {
		if path, socket := strings.CutPrefix(addr, "unix:"); socket {
			b.Remove = append(b.Remove, filepath.Dir(path))
		}
	}
	return b
}
