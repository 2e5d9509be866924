package flash

import (
	"fmt"
	"os"
)

// survey finds out what lies under the folder, and writes nothing. The mode is the one in which
// existing slots were written.
func (d *folder) survey(opt Options) (Profile, error) {
	fs, err := identify(d.file)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{FileSystem: fs.name, Mode: Append, Volatile: fs.volatile(), ReadOnly: opt.ReadOnly}
	if fs.recycle || opt.Mode == Recycle {
		p.Mode = Recycle
	}
	if fs.warning != "" {
		p.Warnings = append(p.Warnings, fs.name+" "+fs.warning)
	}
	p.survey(d.file.Name())
	return p, nil
}

// profile finds out what lies under the folder and how slots live there. On a file system that
// could recycle it writes a page of the lock file twice and flushes once.
func (d *folder) profile(lock *os.File, opt Options) (Profile, error) {
	p, err := d.survey(opt)
	if err != nil || p.Mode != Recycle {
		return p, err
	}
	p.Mode = Append
	refused, err := d.probe(lock)
	if err != nil {
		return Profile{}, err
	}
	p.Direct = refused == ""
	switch {
	case p.Direct && opt.Mode != Append:
		p.Mode = Recycle
	case p.Direct: // Append was asked for
	case opt.Mode == Recycle:
		return Profile{}, fmt.Errorf("flash: slots cannot be recycled in %s: %s", d.file.Name(), refused)
	default:
		p.Warnings = append(p.Warnings, p.FileSystem+" cannot recycle slots here, which costs more flushes: "+refused)
	}
	return p, nil
}
