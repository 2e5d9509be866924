package accounts

import (
	"os"
	"path/filepath"

	"pillarbox/appliance/durable"
)

// mostFile limits an accounts file in octets: a line has about 200.
const mostFile = 4 << 20

// Load reads an accounts file. The error is os.ErrNotExist if there is none.
func Load(path string) (*Table, error) {
	text, err := durable.Read(path, mostFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Edit reads an accounts file, or an empty one if there is none, and replaces it by the result of
// change. While change runs, no other Edit of the folder does, in this program or another. An error
// of change is returned as it is, and the file stays.
//
// It writes one small file and flushes it and its folder.
func Edit(path string, change func(*Table) (*Table, error)) (*Table, error) {
	folder, err := durable.Lock(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close() // releases the lock
	before, err := Load(path)
	if os.IsNotExist(err) {
		before, err = Parse(path, nil)
	}
	if err != nil {
		return nil, err
	}
	after, err := change(before)
	if err != nil {
		return nil, err
	}
	if err := durable.Replace(path, after.encode()); err != nil {
		return nil, err
	}
	return after, nil
}
