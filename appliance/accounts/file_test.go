package accounts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// quickAdd returns an edit that needs no derivation.
func quickAdd(name string) func(*Table) (*Table, error) {
	return func(t *Table) (*Table, error) {
		v, err := parseVerifier(pencil)
		if err != nil {
			return nil, err
		}
		return t.with(len(t.lines), Account{name, v, t.newKey()}), nil
	}
}

func TestEditsAtTheSameTimeAllCount(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts")
	const writers, each = 4, 8
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range each {
				if _, err := Edit(path, quickAdd(fmt.Sprintf("a%d.%d", w, n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	table, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(table.Accounts()); got != writers*each {
		t.Errorf("%d accounts, want %d", got, writers*each)
	}
}

func TestEditWaitsForAnotherProgram(t *testing.T) {
	flock, err := exec.LookPath("flock")
	if err != nil {
		t.Skip("the flock command is not installed")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "accounts")
	// The other program holds the lock until its standard input ends, and adds its line at its end.
	other := exec.Command(flock, dir, "sh", "-c", `echo ready; read x; printf '%s' "$1" >"$2"`, "sh", lineOf("otto", 7), path)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	edited := make(chan error)
	go func() {
		_, err := Edit(path, quickAdd("anna"))
		edited <- err
	}()
	select {
	case err := <-edited:
		t.Errorf("the edit did not wait: %v", err)
	default:
	}
	in.Close()
	if err := <-edited; err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	table, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"otto", "anna"} {
		if _, ok := table.Lookup(name); !ok {
			t.Errorf("%s was lost", name)
		}
	}
}

func TestEditOfABadFileLeavesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts")
	if err := os.WriteFile(path, []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Edit(path, quickAdd("anna")); err == nil {
		t.Error("a bad file was edited")
	}
	refused := errors.New("refused")
	if err := os.WriteFile(path, []byte(lineOf("otto", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Edit(path, func(*Table) (*Table, error) { return nil, refused }); err != refused {
		t.Errorf("the error of the edit came back as %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != lineOf("otto", 1) {
		t.Errorf("the file is now %q", text)
	}
}
