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
	octets  int64 // written
	flushes int64
}

func (c deviceCount) minus(d deviceCount) deviceCount {
	return deviceCount{c.octets - d.octets, c.flushes - d.flushes}
}

// statFile returns the block layer's stat file of the device that holds a folder.
func statFile(folder string) (string, error) {
	var s unix.Stat_t
	if err := unix.Stat(folder, &s); err != nil {
		return "", fmt.Errorf("%s: %w", folder, err)
	}
	path := fmt.Sprintf("/sys/dev/block/%d:%d/stat", unix.Major(uint64(s.Dev)), unix.Minor(uint64(s.Dev)))
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is on no block device: %w", folder, err)
	}
	return path, nil
}

// countDevice writes out what the file system still holds back (syncfs), then reads the stat file.
func countDevice(folder, stat string) (deviceCount, error) {
	f, err := os.Open(folder)
	if err != nil {
		return deviceCount{}, err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return deviceCount{}, fmt.Errorf("syncfs %s: %w", folder, err)
	}
	text, err := os.ReadFile(stat)
	if err != nil {
		return deviceCount{}, err
	}
	return parseStat(string(text))
}

// parseStat reads a stat file: at least 16 numbers (Linux 5.5 and later), of which the 7th
// is sectors of 512 octets written and the 16th flush requests completed.
func parseStat(text string) (deviceCount, error) {
	fields := strings.Fields(text)
	if len(fields) < 16 {
		return deviceCount{}, fmt.Errorf("stat file has %d fields, want at least 16: no flush count", len(fields))
	}
	sectors, err := strconv.ParseInt(fields[6], 10, 64)
	if err != nil {
		return deviceCount{}, err
	}
	flushes, err := strconv.ParseInt(fields[15], 10, 64)
	if err != nil {
		return deviceCount{}, err
	}
	return deviceCount{octets: sectors * 512, flushes: flushes}, nil
}
