package appliance

import (
	"os"
	"path/filepath"

	"pillarbox/appliance/remote/session"
)

// markOfTrial is there as long as the slot of a card that runs is on trial: pillarbox-update(8)
// makes it before the server starts, and removes it when the trial has ended well.
const markOfTrial = "run/pillarbox-on-trial"

// duringTrial returns an error while an update of a card is on trial: the first remote id makes
// the spool one of version 2 of its format, and if the trial fails the older program, which may not
// read it, comes back.
func duringTrial(root string) error {
	if _, err := os.Lstat(filepath.Join(root, markOfTrial)); err != nil {
		return nil
	}
	return session.Errorf(session.Busy, "an update of this card is on trial: nothing is fetched until it has passed its health checks")
}
