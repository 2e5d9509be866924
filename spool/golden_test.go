package spool

import (
	"compress/gzip"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pillarbox/spool/format"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
)

var update = flag.Bool("update", false, "write the golden files anew; only with a new format version")

// goldenSpool makes the spool of testdata/v1: two segments, a bulk slot, tombstones, an
// imported-looking time.
func goldenSpool(t *testing.T, vol flash.Volume) *oracle {
	t.Helper()
	opt := options(vol)
	opt.Rand = newSeeded(1)
	opt.Now = func() time.Time { return time.Unix(86400, 0) }
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	o := newOracle()
	if st, err := o.run(s, faultSteps(), nil); err != nil {
		t.Fatalf("%s: %v", st.name, err)
	}
	s.Close()
	return o
}

// TestGolden pins format version 1, byte for byte: what the program writes, and that it reads what
// it wrote once.
func TestGolden(t *testing.T) {
	dev := flashtest.New(flashtest.Options{})
	want := goldenSpool(t, dev)
	names, _ := dev.Names()
	old := flashtest.New(flashtest.Options{})
	for _, name := range names {
		path := filepath.Join("testdata", "v1", name+".gz")
		if *update {
			pack(t, path, dev.Bytes(name))
		}
		golden := unpack(t, path)
		if !slices.Equal(golden, dev.Bytes(name)) {
			t.Errorf("%s is not written as version 1 was", name)
		}
		restore(t, old, name, golden)
	}
	s := open(t, old)
	if err := want.check(s, nil); err != nil {
		t.Errorf("version 1 does not read: %v", err)
	}
}

func restore(t *testing.T, dev *flashtest.Device, name string, content []byte) {
	t.Helper()
	if name == format.Name {
		if err := dev.Store(name, content); err != nil {
			t.Fatal(err)
		}
		return
	}
	file, err := dev.Create(name, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	fillSlot(t, file, content)
}

// fillSlot writes a slot from its first page on, durably, and closes its file.
func fillSlot(t *testing.T, file flash.File, content []byte) {
	t.Helper()
	defer file.Close()
	p := flash.Aligned(len(content))
	copy(p, content)
	if _, err := file.WriteAt(p, 0); err != nil {
		t.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		t.Fatal(err)
	}
}

func pack(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	z.Write(content)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
