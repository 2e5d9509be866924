package flash

import (
	"fmt"
	"strings"
)

const (
	lockName = "LOCK"
	half     = ".tmp" // ends the names of files that are not whole yet
)

// CheckName returns an error for what is not the name of a file that the user of a Volume may have:
// what leads out of the folder, what is hidden, and the names that the volume needs for itself.
func CheckName(name string) error {
	if name == "" || name == lockName || strings.HasSuffix(name, half) ||
		strings.HasPrefix(name, ".") || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("flash: %q is not the name of a file on a volume", name)
	}
	return nil
}
