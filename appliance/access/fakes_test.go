package access

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/pop3/pop3test"
	"pillarbox/pop3/sasl"
)

func at(addr string) Client { return ClientAt(netip.MustParseAddr(addr)) }

// street returns another IPv4 client for each number, and neighbour another one of a /64.
func street(n int) Client {
	return ClientAt(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}))
}

func neighbour(n int) Client {
	addr := netip.MustParseAddr("fd00:1::").As16()
	addr[8], addr[13], addr[14], addr[15] = 0xbb, byte(n>>16), byte(n>>8), byte(n)
	return ClientAt(netip.AddrFrom16(addr))
}

// makeKnown has an account log in from a client.
func (t *Table) makeKnown(name string, c Client) {
	t.succeeded(guess{client: c, key: t.key(name, c), exists: true})
}

// key returns the key of the pair of an account and a client.
func (t *Table) key(name string, c Client) pairKey {
	return pairKey{t.pairs.keys.account(name, 1), t.pairs.keys.client(c)}
}

// guesser makes logins to the accounts anna and otto, whose passwords are their names. They are
// compared, not derived, because a derivation takes time that is not the story's.
type guesser struct {
	*Logins
	t       testing.TB
	derived int
	alarms  []string

	counting sync.Mutex
	judged   int // wrong answers
}

func newGuesser(t testing.TB) *guesser {
	t.Helper()
	return newGuesserFor(t, family(t, "anna", "otto"), NewTable(), make([]byte, SecretSize))
}

// family returns rules with accounts.
func family(t testing.TB, names ...string) Rules {
	t.Helper()
	table, err := accounts.Parse("accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if table, err = table.Add(name, name+name); err != nil {
			t.Fatal(err)
		}
	}
	return rulesOf(table)
}

func rulesOf(table *accounts.Table) Rules {
	return Rules{table, accounts.NewRouting(table, "nas.home.arpa", []string{"home.arpa"}, nil)}
}

func newGuesserFor(t testing.TB, rules Rules, table *Table, secret []byte) *guesser {
	g := &guesser{t: t}
	g.Logins = NewLogins(table, func() Rules { return rules }, secret)
	g.Alarm = func(account string, c Client, failures int) { g.alarms = append(g.alarms, account+" "+c.String()) }
	g.verify = func(table *accounts.Table, name, password string) bool {
		g.derived++ // by one at a time
		_, known := table.Lookup(name)
		return known && name+name == password
	}
	return g
}

// pass makes one attempt with a password.
func (g *guesser) pass(ctx context.Context, from Client, user, password string) error {
	_, err := g.Check(ctx, Credentials{Client: from, User: user, Password: password})
	if err == ErrWrong {
		g.counting.Lock()
		defer g.counting.Unlock()
		g.judged++
	}
	return err
}

// try makes one attempt that has to end in want, and returns how long it took.
func (g *guesser) try(from Client, user, password string, want error) time.Duration {
	g.t.Helper()
	began := time.Now()
	if err := g.pass(g.t.Context(), from, user, password); err != want {
		g.t.Errorf("%s with %q from %s: %v, want %v", user, password, from, err, want)
	}
	return time.Since(began)
}

// scram makes one attempt by SCRAM-SHA-256.
func (g *guesser) scram(t *testing.T, from Client, user, password string) (login Login, err error) {
	t.Helper()
	q := sasl.Questions{
		Secret: g.Secret,
		Proof: func(user string, p sasl.Proof) (err error) {
			login, err = g.Check(t.Context(), Credentials{Client: from, User: user, Proof: &p})
			return err
		},
	}
	kind, _ := sasl.Find([]byte("SCRAM-SHA-256"), q)
	m := kind.Start(q)
	client := pop3test.Scram{GS2: "n,,", Bare: "n=" + user + ",r=abc", Password: password}
	challenge, _, err := m.Next([]byte(client.First()))
	if err != nil {
		return Login{}, err
	}
	final, _ := client.Final(t, string(challenge))
	_, _, err = m.Next([]byte(final))
	return login, err
}
