package appliance

import (
	"os"
	"path/filepath"
	"time"

	"pillarbox/appliance/statedir"
)

// ageOfSpool returns how long ago the spool was made; 0 if that is not known.
func ageOfSpool(state string, now time.Time) time.Duration {
	info, err := os.Stat(filepath.Join(state, statedir.SpoolFolder, "FORMAT"))
	if err != nil {
		return 0
	}
	return max(now.Sub(info.ModTime()), 0)
}

// writtenBy returns how many octets a spool has given to its device.
func writtenBy(parts ...uint64) (sum int64) {
	for _, n := range parts {
		sum += int64(n)
	}
	return sum
}
