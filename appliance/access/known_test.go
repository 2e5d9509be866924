package access

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// restarted returns a table that has read the file.
func restarted(t *testing.T, path string, secret []byte) *Table {
	t.Helper()
	table := NewTable()
	if err := table.Open(path, secret, time.Now()); err != nil {
		t.Fatal(err)
	}
	return table
}

// Known clients survive a restart, and the file names none of them.
func TestKnownClientsAreKept(t *testing.T) {
	path, secret := filepath.Join(t.TempDir(), "known"), []byte("secret")
	before := restarted(t, path, secret)
	phone, guest := neighbour(1), neighbour(2)
	before.makeKnown("anna", phone)
	if err := before.Save(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || info.Size() != 32 {
		t.Errorf("the file: %v, %v", info, err)
	}
	after := restarted(t, path, secret)
	if !after.Known(phone) || after.Known(guest) {
		t.Errorf("known: the phone %v, its neighbour %v", after.Known(phone), after.Known(guest))
	}
	if !after.pairs.of(after.key("anna", phone)).known || after.pairs.of(after.key("otto", phone)).known {
		t.Error("the phone is not known for anna alone")
	}
	if keys := after.pairs.keys; keys.account("anna", 1) == keys.account("anna", 2) {
		t.Error("an account that was made again has the known clients of the old one")
	}
}

// The file is written once a day at most, also over restarts.
func TestKnownClientsAreWrittenOnceADay(t *testing.T) {
	path, secret := filepath.Join(t.TempDir(), "known"), []byte("secret")
	synctest.Test(t, func(t *testing.T) {
		writes, last := 0, time.Time{}
		save := func(table *Table) {
			t.Helper()
			if err := table.Save(path); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err == nil && info.ModTime() != last {
				last = time.Now().Add(-time.Duration(writes)) // another one each time
				os.Chtimes(path, last, last)
				writes++
			}
		}
		table := restarted(t, path, secret)
		save(table)
		if writes != 0 {
			t.Error("a file without known clients was written")
		}
		for hour := range 72 {
			table.makeKnown("anna", street(hour))
			save(table)
			if hour%10 == 5 {
				table = restarted(t, path, secret)
			}
			time.Sleep(time.Hour)
		}
		if writes != 3 {
			t.Errorf("%d writes in three days", writes)
		}
		time.Sleep(saveEvery)
		save(table)
		writes = 0
		time.Sleep(saveEvery)
		table.makeKnown("anna", street(71))
		save(table)
		if writes != 0 {
			t.Error("a login of a known client wrote the file")
		}
	})
}

// An account is known from 12 clients, and all together from 192: one does not take the room of
// the others.
func TestKnownClientsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, secret := filepath.Join(t.TempDir(), "known"), []byte("secret")
		table := restarted(t, path, secret)
		table.makeKnown("anna", street(0))
		for n := range 1000 {
			time.Sleep(time.Second)
			table.makeKnown("otto", street(1+n))
		}
		if table.pairs.known != 1+knownPerAccount || len(table.pairs.entries) != table.pairs.known {
			t.Errorf("%d pairs are known, %d remembered", table.pairs.known, len(table.pairs.entries))
		}
		if !table.Known(street(0)) {
			t.Error("anna's client had to go for otto's")
		}
		for n := range 100 {
			for m := range knownPerAccount {
				table.makeKnown(fmt.Sprint("user", n), street(2000+m))
			}
		}
		if table.pairs.known != maxKnown {
			t.Errorf("%d pairs are known, want %d", table.pairs.known, maxKnown)
		}
		if err := table.Save(path); err != nil {
			t.Fatal(err)
		}
		if again := restarted(t, path, secret); again.pairs.known != maxKnown {
			t.Errorf("%d pairs are known after a restart", again.pairs.known)
		}
	})
}

// A file that is damaged, of another server or none at all is ignored, and replaced.
func TestBadKnownFile(t *testing.T) {
	secret := []byte("secret")
	good := restarted(t, filepath.Join(t.TempDir(), "none"), secret)
	good.makeKnown("anna", street(0))
	text := good.pairs.encode()
	for name, make := range map[string]func(path string) error{
		"empty":        func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"cut":          func(path string) error { return os.WriteFile(path, text[:len(text)-1], 0o600) },
		"too long":     func(path string) error { return os.WriteFile(path, append(text, zeros[:]...), 0o600) },
		"a link":       func(path string) error { return os.Symlink("/etc/passwd", path) },
		"a FIFO":       func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder":     func(path string) error { return os.Mkdir(path, 0o700) },
		"of another":   func(path string) error { return os.WriteFile(path, text, 0o600) },
		"other format": func(path string) error { return os.WriteFile(path, []byte("pbknown2........"), 0o600) },
	} {
		path, mine := filepath.Join(t.TempDir(), "known"), secret
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		if name == "of another" {
			mine = []byte("another secret")
		}
		table := NewTable()
		if err := table.Open(path, mine, time.Now()); !errors.Is(err, errKnownFile) || table.pairs.known != 0 {
			t.Errorf("%s: %v, %d pairs", name, err, table.pairs.known)
		}
		if name == "a folder" {
			continue
		}
		table.makeKnown("anna", street(0))
		if err := table.Save(path); err != nil || restarted(t, path, mine).pairs.known != 1 {
			t.Errorf("%s: it is not replaced: %v", name, err)
		}
	}
}

var zeros [16 * (maxKnown + 1)]byte
