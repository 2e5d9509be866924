package measure

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A DeviceCount is what a block device has done since it was attached.
type DeviceCount struct {
	Read    int64 // octets
	Writes  int64 // requests; merged ones count once
	Octets  int64 // written
	Flushes int64
}

func (c DeviceCount) Minus(d DeviceCount) DeviceCount {
	return DeviceCount{c.Read - d.Read, c.Writes - d.Writes, c.Octets - d.Octets, c.Flushes - d.Flushes}
}

// A Device is the block device below a folder.
type Device struct {
	folder string
	stat   string // its stat file
}

// DeviceOf finds the device that holds a folder.
func DeviceOf(folder string) (*Device, error) {
	var s unix.Stat_t
	if err := unix.Stat(folder, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	path := fmt.Sprintf("/sys/dev/block/%d:%d/stat", unix.Major(uint64(s.Dev)), unix.Minor(uint64(s.Dev)))
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s is on no block device: %w", folder, err)
	}
	return &Device{folder, path}, nil
}

// Settled writes out what the file system still caches (syncfs), then counts.
func (d *Device) Settled() (DeviceCount, error) {
	f, err := os.Open(d.folder)
	if err != nil {
		return DeviceCount{}, err
	}
	defer f.Close()
	if err := SyncFS(f); err != nil {
		return DeviceCount{}, err
	}
	return d.Count()
}

// SyncFS writes out what the file system of a file still caches.
func SyncFS(f *os.File) error {
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("syncfs %s: %w", f.Name(), err)
	}
	return nil
}

// Count reads the stat file.
func (d *Device) Count() (DeviceCount, error) {
	text, err := os.ReadFile(d.stat)
	if err != nil {
		return DeviceCount{}, err
	}
	return parseStat(string(text))
}

// parseStat parses a stat file: at least 16 numbers (Linux 5.5 and later). The 3rd is sectors of
// 512 octets read, the 5th write requests, the 7th sectors written, the 16th completed flush
// requests.
func parseStat(text string) (DeviceCount, error) {
	fields := strings.Fields(text)
	if len(fields) < 16 {
		return DeviceCount{}, fmt.Errorf("stat file has %d fields, want at least 16: no flush count", len(fields))
	}
	var numbers [16]int64
	for i := range numbers {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return DeviceCount{}, err
		}
		numbers[i] = n
	}
	return DeviceCount{Read: numbers[2] * 512, Writes: numbers[4], Octets: numbers[6] * 512, Flushes: numbers[15]}, nil
}
