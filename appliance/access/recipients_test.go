package access

import (
	"testing"
	"testing/synctest"
	"time"
)

// harvest names n unknown recipients, as fast as it may, and returns how long it takes.
func harvest(t *testing.T, table *Table, n int, from func(int) Client) time.Duration {
	t.Helper()
	began := time.Now()
	for n := range n {
		if err := table.AwaitRecipient(t.Context(), from(n)); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(began)
}

func TestRecipients(t *testing.T) {
	known := at("192.168.1.2")
	for _, test := range []struct {
		name string
		from func(int) Client
		want time.Duration
	}{
		{"a stranger", always(at("10.0.0.1")), 280 * 2 * time.Second},
		{"addresses of a /64", neighbour, 220 * 500 * time.Millisecond},
		{"a known client", always(known), 100 * time.Second},
		{"a local user", always(LocalUser(100)), 100 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table := NewTable()
				table.makeKnown("anna", known)
				if took := harvest(t, table, 300, test.from); took != test.want {
					t.Errorf("300 unknown recipients took %v, want %v", took, test.want)
				}
			})
		})
	}
}

// Recipients that exist cost nothing, wait as long as others while many unknown ones were named,
// and a client finds no turn when many of its sessions wait.
func TestRecipientsThatExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table, mta := NewTable(), at("10.0.0.1")
		began := time.Now()
		for range 1000 {
			if err := table.AwaitRecipient(t.Context(), mta); err != nil {
				t.Fatal(err)
			}
			table.RecipientFound(mta)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("1000 recipients took %v", took)
		}
		harvest(t, table, 20, always(mta))
		began = time.Now()
		if err := table.AwaitRecipient(t.Context(), mta); err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("the next one: %v after %v", err, time.Since(began))
		}
		busy := make(chan error, 100)
		for range cap(busy) {
			go func() { busy <- table.AwaitRecipient(t.Context(), mta) }()
		}
		time.Sleep(longestWait)
		synctest.Wait()
		refused := 0
		for range cap(busy) {
			if err := <-busy; err == ErrBusy {
				refused++
			}
		}
		if refused != cap(busy)-5 {
			t.Errorf("%d of %d at once were refused, want all but 5", refused, cap(busy))
		}
		if took := harvest(t, table, 1, always(at("10.0.0.2"))); took != 0 {
			t.Errorf("another client waited %v", took)
		}
	})
}
