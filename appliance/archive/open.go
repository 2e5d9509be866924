package archive

import (
	"io/fs"
	"os"
	"slices"
	"strings"
)

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
