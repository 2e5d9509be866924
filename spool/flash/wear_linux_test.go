package flash

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWear(t *testing.T) {
	root := t.TempDir()
	file := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file("mmcblk0/device/life_time", "0x03 0x0b\n")
	file("mmcblk0/device/pre_eol_info", "0x02\n")
	file("mmcblk0/mmcblk0p2/partition", "2\n")
	file("old/device/life_time", "0x01 0x01\n")
	file("odd/device/life_time", "?\n")
	file("sda/sda1/partition", "1\n")
	if err := os.Symlink("mmcblk0/mmcblk0p2", filepath.Join(root, "179:2")); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		block string
		want  Wear
		ok    bool
	}{
		{"179:2", Wear{[2]int{3, 11}, 2}, true},
		{"mmcblk0", Wear{[2]int{3, 11}, 2}, true},
		{"old", Wear{[2]int{1, 1}, 0}, true},
		{"odd", Wear{}, false},
		{"sda/sda1", Wear{}, false},
		{"gone", Wear{}, false},
	} {
		if got, ok := wearAt(filepath.Join(root, row.block)); got != row.want || ok != row.ok {
			t.Errorf("%s: %+v, %v", row.block, got, ok)
		}
	}
	if _, ok := WearOf(filepath.Join(root, "gone")); ok {
		t.Error("a folder that is not there has a device")
	}
}
