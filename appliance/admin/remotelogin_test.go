package admin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pillarbox/appliance/config"
)

// TestRemoveRemoteName: a name with a path in it removes no other file.
func TestRemoveRemoteName(t *testing.T) {
	c := &config.Config{State: t.TempDir()}
	accounts := filepath.Join(c.State, "accounts")
	if err := os.Mkdir(filepath.Join(c.State, "remote"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(accounts, []byte("anna\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := RemoveRemote(c, "../accounts"); err == nil || !strings.Contains(err.Error(), "is no remote account") {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(accounts); err != nil {
		t.Error(err)
	}
}
