package appliance

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
)

// uidls returns the unique-ids of a maildrop, by number from 1 on.
func (c *client) uidls() (list []string) {
	c.t.Helper()
	c.must("UIDL")
	lines, err := c.ReadDotLines()
	if err != nil {
		c.t.Fatal(err)
	}
	for _, line := range lines {
		_, uid, _ := strings.Cut(line, " ")
		list = append(list, uid)
	}
	return list
}

// flood imports mail until it is told to stop, and tells of each that was kept.
func flood(b *box, account string, stop <-chan struct{}, kept chan<- struct{}) error {
	client, err := admin.Ask(b.t.Context(), b.boot, false)
	if err != nil {
		return err
	}
	defer client.Close()
	letters := func(yield func(transfer.Message, error) bool) {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			text := fmt.Sprintf("Subject: %d\n\n", n) + strings.Repeat("under load\n", 1+n*37%2000)
			open := func() (transfer.Origin, io.ReadCloser, error) {
				return transfer.Origin{Received: time.Unix(int64(n), 0)}, io.NopCloser(strings.NewReader(text)), nil
			}
			if !yield(transfer.Message{Open: open}, nil) {
				return
			}
		}
	}
	_, err = client.Import(account, letters, func(admin.Outcome) {
		select {
		case kept <- struct{}{}:
		default: // nobody counts so far
		}
	})
	return err
}

// TestBackup: a copy of the state folder that was taken under load is a box with all the mail that
// was acknowledged before, under its unique-ids, and neither of the two ever gives one of the
// other's to new mail.
func TestBackup(t *testing.T) {
	state, backup := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	family(t, state, "anna", "otto")
	b := start(t, settings(state), Options{})
	b.await("ready", 1)
	for n := range 20 {
		b.deliver("smtp.listen", letter(lines(1000*n)), "anna")
	}
	p := b.login("pop3.listen", "anna")
	p.must("DELE 3", "DELE 7", "QUIT")

	var group sync.WaitGroup
	stop, kept, failed := make(chan struct{}), make(chan struct{}, 1000), make(chan error, 2)
	for _, account := range []string{"anna", "otto"} {
		group.Go(func() {
			if err := flood(b, account, stop, kept); err != nil {
				failed <- err
			}
		})
	}
	more := func(n int) {
		for range n {
			select {
			case <-kept:
			case err := <-failed:
				t.Fatalf("under load: %v", err)
			}
		}
	}
	more(30)
	p = b.login("pop3.listen", "anna")
	before := p.uidls()
	texts := map[string]string{before[0]: p.retrieve(1), before[17]: p.retrieve(18)}
	if out, err := exec.Command("env", "LC_ALL=C", "cp", "-r", state, backup).CombinedOutput(); err != nil {
		if len(out) == 0 {
			t.Fatalf("cp: %v", err)
		}
		// The next slot is made ahead of time, and gets its name when it is whole.
		for line := range strings.Lines(string(out)) {
			if !strings.HasSuffix(line, ".tmp': No such file or directory\n") {
				t.Fatalf("cp: %v: %s", err, out)
			}
		}
	}
	more(10)
	close(stop)
	group.Wait()
	if len(failed) > 0 {
		t.Fatalf("under load: %v", <-failed)
	}

	two := start(t, settings(backup), Options{})
	two.await("ready", 1)
	q := two.login("pop3.listen", "anna")
	copied := q.uidls()
	for n, uid := range before {
		if n >= len(copied) || copied[n] != uid {
			t.Fatalf("message %d is not %s in the copy, which has %d of %d", n+1, uid, len(copied), len(before))
		}
	}
	for n, uid := range before {
		if want, kept := texts[uid]; kept && q.retrieve(n+1) != want {
			t.Errorf("message %d is not what it was", n+1)
		}
	}
	report, err := two.spool.Verify(t.Context(), nil)
	if err != nil || len(report.Damaged) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	seen := map[string]bool{}
	for _, uid := range b.login("pop3.listen", "anna").uidls() {
		seen[uid] = true
	}
	for range 5 {
		b.deliver("smtp.listen", letter("x\r\n"), "anna")
		two.deliver("smtp.listen", letter("y\r\n"), "anna")
	}
	for _, uid := range two.login("pop3.listen", "anna").uidls()[len(copied):] {
		if seen[uid] {
			t.Errorf("%s is given twice", uid)
		}
		seen[uid] = true
	}
	all := b.login("pop3.listen", "anna").uidls()
	for _, uid := range all[len(all)-5:] {
		if seen[uid] {
			t.Errorf("%s is given twice", uid)
		}
	}
	if st := two.spool.Stats(); st.Mode == 0 || st.Messages < len(before) {
		t.Errorf("%+v", spool.Stats(st))
	}
	if _, err := os.Stat(filepath.Join(backup, statedir.AccountsFile)); err != nil {
		t.Error(err)
	}
}
