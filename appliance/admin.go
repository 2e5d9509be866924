package appliance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"pillarbox/appliance/durable"
	"pillarbox/appliance/statedir"
)

const mostAdmin = 4 << 10

// storeAdmin stores who administers the page where the configuration does not say it: the account
// that the first start made, by its mailbox key, so that no later account of the same name inherits
// that. A state directory of release 1 has no such file.
func storeAdmin(state string, key uint64) error {
	text := fmt.Sprintf("# Mailbox key of the account that administers the page unless web.admins is set.\n%016x\n", key)
	return durable.Replace(filepath.Join(state, statedir.AdminFile), []byte(text))
}

// loadAdmin returns the key; 0 if nobody is administrator by default.
func loadAdmin(state string, log *zap.Logger) (key uint64) {
	text, err := durable.Read(filepath.Join(state, statedir.AdminFile), mostAdmin)
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				key, err = strconv.ParseUint(line, 16, 64)
			}
		}
	}
	if err != nil {
		log.Warn("reading who administers the page failed: set web.admins", zap.Error(err))
	}
	return key
}
