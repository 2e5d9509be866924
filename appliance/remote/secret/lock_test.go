package secret

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// TestOneWriter: writers do not disturb each other's files, and no change is lost.
func TestOneWriter(t *testing.T) {
	state := t.TempDir()
	if err := Save(state, "anna", &Secret{Password: "0"}); err != nil {
		t.Fatal(err)
	}
	const writers, each = 4, 25
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				err := Change(state, "anna", func(s *Secret) error {
					n, err := strconv.Atoi(s.Password)
					s.Password = strconv.Itoa(n + 1)
					return err
				})
				if err := errors.Join(err, Save(state, "otto", full)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got, err := Load(state, "anna"); err != nil || got.Password != strconv.Itoa(writers*each) {
		t.Errorf("%+v, %v; want %d changes", got, err, writers*each)
	}
}

// TestChange: a change is made under the lock, and one that fails leaves the file.
func TestChange(t *testing.T) {
	state := t.TempDir()
	if err := Save(state, "anna", full); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err := Change(state, "anna", func(s *Secret) error {
		folder, err := os.Open(filepath.Join(state, Folder))
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
			t.Errorf("another one gets the lock: %v", err)
		}
		s.Password = "other"
		return refused
	})
	if got, loaded := Load(state, "anna"); err != refused || loaded != nil || got.Password != full.Password {
		t.Errorf("%v; %+v, %v", err, got, loaded)
	}
	if err := Change(state, "otto", func(*Secret) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := Change(state, "../anna", nil); !errors.Is(err, ErrName) {
		t.Errorf("no name: %v", err)
	}
}
