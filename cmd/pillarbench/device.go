package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A deviceCount is what a block device was asked to do since it came up.
type deviceCount struct {
	read    int64 // octets
	writes  int64 // requests, merged ones counted once
	octets  int64 // written
	flushes int64
}

func (c deviceCount) minus(d deviceCount) deviceCount {
	return deviceCount{c.read - d.read, c.writes - d.writes, c.octets - d.octets, c.flushes - d.flushes}
}

// A device is the block device below a folder.
type device struct {
	folder string
	stat   string // its stat file
}

// deviceOf finds the device that holds a folder.
func deviceOf(folder string) (*device, error) {
	var s unix.Stat_t
	if err := unix.Stat(folder, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	path := fmt.Sprintf("/sys/dev/block/%d:%d/stat", unix.Major(uint64(s.Dev)), unix.Minor(uint64(s.Dev)))
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s is on no block device: %w", folder, err)
	}
	return &device{folder, path}, nil
}

// settled writes out what the file system still holds back (syncfs), then counts.
func (d *device) settled() (deviceCount, error) {
	f, err := os.Open(d.folder)
	if err != nil {
		return deviceCount{}, err
	}
	defer f.Close()
	if err := syncfs(f); err != nil {
		return deviceCount{}, err
	}
	return d.count()
}

// syncfs writes out what the file system of a file still holds back.
func syncfs(f *os.File) error {
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("syncfs %s: %w", f.Name(), err)
	}
	return nil
}

// count reads the stat file as it is.
func (d *device) count() (deviceCount, error) {
	text, err := os.ReadFile(d.stat)
	if err != nil {
		return deviceCount{}, err
	}
	return parseStat(string(text))
}

// parseStat reads a stat file: at least 16 numbers (Linux 5.5 and later), of which the 3rd is
// sectors of 512 octets read, the 5th write requests, the 7th sectors written and the 16th
// flush requests completed.
func parseStat(text string) (deviceCount, error) {
	fields := strings.Fields(text)
	if len(fields) < 16 {
		return deviceCount{}, fmt.Errorf("stat file has %d fields, want at least 16: no flush count", len(fields))
	}
	var numbers [16]int64
	for i := range numbers {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return deviceCount{}, err
		}
		numbers[i] = n
	}
	return deviceCount{read: numbers[2] * 512, writes: numbers[4], octets: numbers[6] * 512, flushes: numbers[15]}, nil
}
