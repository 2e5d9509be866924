package flash_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"pillarbox/spool/flash"
)

// TestReserveTakesBlocks: a slot has its blocks before it has its bytes.
func TestReserveTakesBlocks(t *testing.T) {
	dir := t.TempDir()
	vol, err := flash.Open(dir, flash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer vol.Close()
	path := filepath.Join(dir, "00000")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := vol.Open("00000")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 1 << 20
	if err := f.Reserve(size); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("the file system of the temporary directory cannot reserve room")
	} else if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	if st.Size != 0 || st.Blocks*512 < size {
		t.Errorf("%d bytes in %d blocks of 512 bytes, want no byte and the blocks of %d", st.Size, st.Blocks, size)
	}
}
