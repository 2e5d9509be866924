package appliance

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"go.uber.org/zap"

	"pillarbox/appliance/confine"
	"pillarbox/appliance/statedir"
)

// TestFoldersOfAnotherUser: a folder that is mounted into a container belongs to a user of the
// machine. Where it cannot be used, the error names both owners and the two remedies.
func TestFoldersOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	for _, row := range []struct {
		mode     fs.FileMode
		uid, gid int
		says     []string // nil: it is used
	}{
		{0o700, 1026, 100, []string{"cannot be written", "belongs to 1026:100 (mode 0700)", "this process is 54321:54321",
			"chown -R 54321:54321 ", `user: "1026:100"`, "--user 1026:100"}},
		{0o755, 1026, 100, []string{"cannot be written", "belongs to 1026:100 (mode 0755)", "chown -R 54321:54321 ", `user: "1026:100"`}},
		{0o777, 1026, 100, []string{"others can write", "belongs to 1026:100 (mode 0777)", "chown -R 54321:54321 ", `user: "1026:100"`}},
		// As Docker makes it.
		{0o755, 0, 0, []string{"cannot be written", "belongs to 0:0", "chown -R 54321:54321 "}},
		{0o755, noUser, noUser, nil},
		{0o700, noUser, 100, nil},
	} {
		dir, err := os.MkdirTemp("", "folder-") // t.TempDir lies in a folder that lets nobody else in
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := errors.Join(os.Chown(dir, row.uid, row.gid), os.Chmod(dir, row.mode)); err != nil {
			t.Skip(err)
		}
		err = confine.As(confine.Owner(noUser, noUser), func() error {
			_, _, err := statedir.Take(dir, nil, false, zap.NewNop())
			return err
		})
		if (err != nil) != (row.says != nil) {
			t.Errorf("%d:%d %v: %v", row.uid, row.gid, row.mode, err)
			continue
		}
		for _, part := range row.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%d:%d %v: %q is not in %q", row.uid, row.gid, row.mode, part, err)
			}
		}
		if err != nil && row.uid == 0 && strings.Contains(err.Error(), "user:") {
			t.Errorf("root is proposed as the user of the server: %v", err)
		}
	}
}
