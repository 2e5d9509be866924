package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Size is a number of bytes, written with its unit: "50MiB".
type Size int64

// sizeUnits are the units, largest first; those of ten are there because disks are sold by them.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3},
	{"B", 1},
}

// ParseSize reads a size: digits, at most one space, a unit.
func ParseSize(s string) (Size, error) {
	for _, unit := range sizeUnits {
		digits, found := strings.CutSuffix(s, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSuffix(digits, " "), 10, 63)
		if err != nil {
			break
		}
		if n > math.MaxInt64/uint64(unit.bytes) {
			return 0, fmt.Errorf("%q is too large a size", s)
		}
		return Size(int64(n) * unit.bytes), nil
	}
	return 0, fmt.Errorf(`%q is not a size; write a whole number and its unit, as "50MiB" or "1GiB"`, s)
}

// String returns the size with the largest unit of two's powers that divides it.
func (s Size) String() string {
	for _, unit := range sizeUnits[:4] {
		if s != 0 && int64(s)%unit.bytes == 0 {
			return strconv.FormatInt(int64(s)/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// A Duration is a time span, written as "60s", "5m" or "1h30m".
type Duration time.Duration

// ParseDuration reads a duration; it is not negative.
func ParseDuration(s string) (Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf(`%q is not a duration; write a number and its unit, as "60s" or "5m"`, s)
	}
	return Duration(d), nil
}

// String returns the duration as ParseDuration reads it.
func (d Duration) String() string { return time.Duration(d).String() }

// A Percent is a share of 0…100 hundredths, written as "50%".
type Percent int

// ParsePercent reads a share: digits and a percent sign, 0…100.
func ParsePercent(s string) (Percent, error) {
	digits, found := strings.CutSuffix(s, "%")
	n, err := strconv.ParseUint(digits, 10, 31)
	if !found || err != nil || n > 100 {
		return 0, fmt.Errorf(`%q is not a percentage; write a whole number of 0 to 100 and a percent sign, as "50%%"`, s)
	}
	return Percent(n), nil
}

// String returns the share as ParsePercent reads it.
func (p Percent) String() string { return strconv.Itoa(int(p)) + "%" }
