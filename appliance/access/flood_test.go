package access

import (
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// judgedAt makes guesses at anna from a client by SCRAM or another way that looks different each
// time, until one would have to wait, and returns how many were judged.
func (g *guesser) judgedAt(name string, from Client, serial *int) (n int) {
	l := g.Logins
	for {
		*serial++
		a := l.attempt(Credentials{Client: from, User: name})
		l.Table.mu.Lock()
		wait := l.Table.guesses.admit(&a.guess, l.Table.now())
		l.Table.mu.Unlock()
		if wait > 0 {
			return n
		}
		l.failed(a, uint32(*serial)|1<<31)
		n++
	}
}

// Guesses at names that have no account do not make the table forget what was guessed at one that
// has.
func TestOtherNamesForgetNoGuesses(t *testing.T) {
	t.Run("of a /64", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, serial, judged := newGuesser(t), 0, 0
			for n := range 1000 {
				judged += g.judgedAt("anna", neighbour(n), &serial)
				if n%100 == 99 {
					time.Sleep(2 * time.Second) // which makes the others younger
					for m := range maxNetworks {
						g.judgedAt(fmt.Sprint("nobody", m), neighbour(5000+m), &serial)
					}
					time.Sleep(2 * time.Second)
				}
			}
			if most := int(guessesNetworkFirst.burst + guessesNetworkFurther.burst); judged > most {
				t.Errorf("%d guesses at once were judged from a /64, want %d at most", judged, most)
			}
		})
	})
	t.Run("of some addresses", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, serial, judged := newGuesser(t), 0, 0
			const addresses = 20
			for range 10 {
				for n := range addresses {
					judged += g.judgedAt("anna", street(n), &serial)
				}
				for m := range maxStrangers / 5 {
					for k := range 5 {
						g.judgedAt(fmt.Sprint("nobody", k), street(1000+m), &serial)
					}
				}
				time.Sleep(time.Minute)
			}
			if most := addresses*firstFailures + guessesFurther.within(10*time.Minute); judged > most {
				t.Errorf("%d guesses were judged from %d addresses, want %d at most", judged, addresses, most)
			}
		})
	})
}

// Soon after a start a pair that was used since is younger than all of the file.
func TestPairsOfTheFileAreOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, secret := filepath.Join(t.TempDir(), "known"), make([]byte, SecretSize)
		table := NewTable()
		if err := table.Open(path, secret, time.Now()); err != nil {
			t.Fatal(err)
		}
		for n := range knownPerAccount {
			table.makeKnown("anna", street(n))
			time.Sleep(time.Minute)
		}
		if err := table.Save(path); err != nil {
			t.Fatal(err)
		}
		table = restarted(t, path, secret)
		used := street(knownPerAccount - 1)
		table.makeKnown("anna", used)
		table.makeKnown("anna", street(100)) // the one that was used least recently goes
		table.mu.Lock()
		defer table.mu.Unlock()
		if _, kept := table.pairs.get(table.key("anna", used)); !kept {
			t.Error("the client that logged in last was forgotten")
		}
	})
}
