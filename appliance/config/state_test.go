package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestStateOfCommands: a command finds the server that serves, and a state directory of the user's
// own is meant only where a server of the user's own has run.
func TestStateOfCommands(t *testing.T) {
	for _, tt := range []struct {
		name string
		// The system has a state directory; the user owns it; a server of the user has run.
		system, owned, ranOwn bool
		serving               bool
		want                  string
		personal              bool
	}{
		{name: "a developer before the first start", want: "own", personal: true},
		{name: "a developer starts a server", serving: true, want: "own", personal: true},
		{name: "a developer with a server", ranOwn: true, want: "own", personal: true},
		{name: "a user of the package", system: true, want: "system"},
		{name: "the user of the service", system: true, owned: true, want: "system"},
		{name: "the user of the service after a mistake", system: true, owned: true, ranOwn: true, want: "system"},
		{name: "a developer with a server and the package", system: true, ranOwn: true, want: "own", personal: true},
		{name: "a developer with the package starts a server", system: true, serving: true, want: "own", personal: true},
		{name: "the service starts without its service manager", system: true, owned: true, serving: true, want: "system"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, home := t.TempDir(), t.TempDir()
			system, own := filepath.Join(root, SystemState), filepath.Join(home, ".local/state/pillarbox")
			mkdir := func(there bool, dir string) {
				if there {
					if err := os.MkdirAll(dir, 0o700); err != nil {
						t.Fatal(err)
					}
				}
			}
			mkdir(tt.system, system)
			mkdir(tt.ranOwn, filepath.Join(own, "spool"))
			env := Environment{Hostname: "nas", UID: 54321, Root: root, Serving: tt.serving, Getenv: func(name string) string {
				if name == "HOME" {
					return home
				}
				return ""
			}}
			if tt.owned {
				if env.UID = os.Geteuid(); env.UID == 0 { // root is another row
					env.UID = 54321
					if err := os.Chown(system, env.UID, env.UID); err != nil {
						t.Skip(err)
					}
				}
			}
			c, err := Find("", env)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"own": own, "system": system}[tt.want]
			if c.State != want || c.PersonalState() != tt.personal {
				t.Errorf("the state directory is %s (personal: %v), want %s (%v)", c.State, c.PersonalState(), want, tt.personal)
			}
		})
	}
}
