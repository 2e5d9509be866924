package appliance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/confine"
	"pillarbox/appliance/remote/child"
)

// serviceUser returns the user that the server becomes once its ports are open; nil if it stays who
// it is.
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

// giveUp gives up, once everything is open, what is not needed any more: the rights of root where
// there is a service user, and all files but the state folder and what a reload reads.
func (a *Appliance) giveUp(c *config.Config, id *confine.Identity) error {
	_, _ = time.Now().Zone() // read now: later its file is out of reach
	if id != nil {
		if err := confine.Become(*id); err != nil {
			return fmt.Errorf("becoming %s: %w", id.Name, err)
		}
		a.rights.GivenUp()
		a.log.Info("running as", zap.String("service_user", id.Name))
		for _, file := range a.watched(c) {
			if err := syscall.Access(file, 4); err != nil && !errors.Is(err, syscall.ENOENT) { // read
				a.log.Warn("the service user cannot read this file: changes to it will not be read", zap.String("file", file), zap.String("service_user", id.Name), zap.Error(err))
			}
		}
	}
	if !confines(c) {
		if c.Service.Confine {
			a.log.Warn("not confined to the state directory: this build needs a C library to fetch and send mail; CGO_ENABLED=0 makes one that does not")
		}
		return nil
	}
	version, err := confine.Within(a.filesOf(c))
	switch {
	case errors.Is(err, syscall.E2BIG), err == nil && version == 0:
		a.log.Warn("not confined to the state directory: the kernel does not support Landlock", zap.Error(err))
	case err != nil:
		return fmt.Errorf("confining the server to its files: %w; service.confine = false goes without", err)
	default:
		a.log.Info("confined to the state directory", zap.Int("landlock", version))
	}
	return nil
}

// confines reports whether the server is to be confined. One that could not start its children then
// is not.
func confines(c *config.Config) bool {
	return c.Service.Confine && (!child.Linked || len(c.Remote) == 0)
}

// filesOf returns the files that the server needs after its start.
func (a *Appliance) filesOf(c *config.Config) confine.Bounds {
	// The reserve of descriptors opens os.DevNull.
	b := confine.Bounds{Write: []string{c.State}, Read: []string{os.DevNull}}
	for _, file := range a.watched(c) {
		b.Read = append(b.Read, filepath.Dir(file))
		// Certificates are often links into an archive.
		if real, err := filepath.EvalSymlinks(file); err == nil {
			b.Read = append(b.Read, filepath.Dir(real))
		}
	}
	for _, l := range addressesOf(a) { // a reload may open those that are off
		if l.Off != "" && l.Port > 0 {
			b.Bind = append(b.Bind, uint16(l.Port))
		}
	}
	var read []string
	b.Connect, b.Execute, read = a.remote.bounds(c)
	b.Read = append(b.Read, read...)
	for _, addr := range c.SMTP.ListenLMTP {
		if path, socket := strings.CutPrefix(addr, "unix:"); socket {
			b.Remove = append(b.Remove, filepath.Dir(path))
		}
	}
	return b
}
