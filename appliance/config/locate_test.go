package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestLocate: a value that turns out to be wrong later is shown with its line.
func TestLocate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("\xEF\xBB\xBF[tls]\r\n# mine\r\ncert = \"/a\"\r\nkey = \"/b\"\r\n")
	c, err := Find(file, Machine())
	if err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("no such file")
	place := file + ":4: tls.key: no such file\n   4 | key = \"/b\"\n     |       ~~~~"
	if got := c.Locate("tls.key", wrong).Error(); got != place {
		t.Errorf("got\n%s\nwant\n%s", got, place)
	}
	if err := c.Locate("tls.key", wrong); !errors.Is(err, wrong) {
		t.Errorf("%v is not the error that it was made of", err)
	}
	bare := file + ": tls.key: no such file"
	for _, text := range []string{"hostname = \"nas\"\n", "[tls", "\xff\xfe"} {
		write(text)
		if got := c.Locate("tls.key", wrong).Error(); got != bare {
			t.Errorf("%q: got %q, want %q", text, got, bare)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := c.Locate("tls.key", wrong).Error(); got != bare {
		t.Errorf("without the file: got %q, want %q", got, bare)
	}
	if got := Default().Locate("tls.key", wrong).Error(); got != "tls.key: no such file" {
		t.Errorf("without a file: got %q", got)
	}
}
