package archive

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A subfolder is a Maildir below another one: ".Sent" as in Maildir++, or "Lists/Go" as with
// LAYOUT=fs.
type subfolder struct {
	name  string
	count int // files in "cur" and "new"
}

// mostSubfolders bounds how many subfolders are named, and deepest how deep they are looked for.
const mostSubfolders, deepest = 1000, 8

// subfolders appends the Maildirs below a folder, whose name is name. What cannot be read is left
// out: nothing of it would be imported anyway.
func subfolders(list []subfolder, in *folder, name string, depth int) []subfolder {
	entries, err := in.entries()
	if err != nil || depth == deepest {
		return list
	}
	for _, entry := range entries {
		if !entry.IsDir() || isPart(entry.Name()) || len(list) >= mostSubfolders {
			continue
		}
		sub, err := in.sub(entry.Name(), false)
		if err != nil {
			continue
		}
		path := filepath.Join(name, entry.Name())
		if count, is := sub.count(); is {
			list = append(list, subfolder{path, count})
		}
		list = subfolders(list, sub, path, depth+1)
		sub.close()
	}
	return list
}

// isPart reports whether a name is that of a part of a Maildir.
func isPart(name string) bool { return name == "cur" || name == "new" || name == "tmp" }

// count returns how many files are in "cur" and "new", and whether one of them is there.
func (f *folder) count() (n int, is bool) {
	for _, name := range []string{"cur", "new"} {
		part, err := f.sub(name, false)
		if err != nil {
			continue
		}
		entries, err := part.entries()
		part.close()
		n += len(entries)
		is = is || err == nil
	}
	return n, is
}

// openRegular opens a file of a source to read it, and returns what it was then; no other function
// does.
func (f *folder) openRegular(name string) (*os.File, fs.FileInfo, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// entries returns what is in a folder, by name. It is called once.
func (f *folder) entries() ([]fs.DirEntry, error) {
	list, err := f.file.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

// kindOf returns the reason why a file of that mode is not read.
func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "it is a folder"
	case mode&fs.ModeSymlink != 0:
		return errLink.Error()
	case mode&fs.ModeNamedPipe != 0:
		return "it is a FIFO"
	case mode&fs.ModeSocket != 0:
		return "it is a socket"
	case mode&fs.ModeDevice != 0:
		return "it is a device"
	}
	return notRegular
}
