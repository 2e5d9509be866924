package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRestart(t *testing.T) {
	for want, files := range map[string][]string{
		"systemctl restart pillarbox":                  {"run/systemd/system/x", "usr/lib/systemd/system/pillarbox.service", "etc/init.d/pillarbox"},
		"/etc/init.d/pillarbox restart":                {"sbin/procd", "etc/init.d/pillarbox"},
		"/etc/init.d/S60pillarbox restart":             {"etc/init.d/S60pillarbox"},
		"docker restart CONTAINER, outside of it":      {".dockerenv", "lib/systemd/system/pillarbox.service", "run/systemd/system/x"},
		"stop pillarbox serve and start it again":      {"run/systemd/system/x"},
		"restart pillarbox on the web page of gokrazy": {"gokrazy/init"},
	} {
		root := t.TempDir()
		for _, name := range files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := Restart(root); got != want {
			t.Errorf("with %v: %q, want %q", files, got, want)
		}
	}
}
