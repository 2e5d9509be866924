package appliance

import (
	"io/fs"
	"os"
	"slices"
	"testing"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/confine"
	"pillarbox/appliance/doctor"
	"pillarbox/appliance/statedir"
)

// TestExamineWithoutRights: a user without access to the state directory sees that, and neither a
// mistake in the configuration nor a server that does not run.
func TestExamineWithoutRights(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	c := settings(t.TempDir())
	family(t, c.State, "anna")
	b := start(t, c, Options{})
	b.await("ready", 1)
	err := confine.As(confine.Owner(noUser, noUser), func() error {
		e, err := admin.Examine(c)
		if err != nil {
			return err
		}
		if len(e.Warnings) > 0 || slices.Contains(e.Checked, "aliases") || len(e.Skipped) != 3 {
			t.Errorf("warnings %q, checked %q, skipped %q", e.Warnings, e.Checked, e.Skipped)
		}
		all := admin.Doctor(t.Context(), c, nil, time.Time{})
		if !slices.Contains(all, doctor.NotPermitted(statedir.NoAccess(c.State, fs.ErrPermission))) {
			t.Errorf("doctor: %+v", all)
		}
		for _, f := range all {
			if f.Check == "configuration" && f.Level != doctor.OK {
				t.Errorf("doctor: %+v", f)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
