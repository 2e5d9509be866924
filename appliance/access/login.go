package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/pop3/sasl"
)

const (
	rememberFor   = time.Hour        // a login that was right is right without a derivation
	maxRemembered = 256              // 64 octets each
	longestLine   = 30 * time.Second // until a password is derived, with many clients on a slow core
)

// ErrWrong is returned when user or password is wrong.
var ErrWrong = errors.New("wrong user or password")

// Credentials are what a client sent to authenticate.
type Credentials struct {
	Client   Client
	User     string // as the client wrote it
	Password string
	Proof    *sasl.Proof // instead of the password (SCRAM); nil: there is none
}

// A tag stands for a (user, password) pair in memory: an HMAC under a key that is drawn at the
// start and never leaves the process.
type tag [sha256.Size]byte

// Logins decides whether a password is right. It takes attempts by the limits of a Table and
// derives one password at a time, because a derivation takes all of a small core.
type Logins struct {
	// Table holds the limits.
	Table *Table
	// Rules returns the current rules.
	Rules func() Rules
	// LoggedIn is called after each login with the account; nil: nothing is.
	LoggedIn func(account string)
	// Alarm is called when a client has failed many times in a row to log in to an account; nil:
	// nothing is. Table bounds how often.
	Alarm func(account string, client Client, failures int)

	verify   func(t *accounts.Table, name, password string) bool
	key      [32]byte // of tags
	secrets  secrets
	deriving chan struct{} // holds a token while a password is derived
	stranger chan struct{} // holds a token while a derivation for a stranger runs, or is next

	mu     sync.Mutex
	recent map[tag]time.Time // logins that were right: until when they are remembered
}

// NewLogins returns Logins whose exported fields are still to be set.
func NewLogins(table *Table, rules func() Rules, secret []byte) *Logins {
	l := &Logins{
		Table: table, Rules: rules, secrets: secrets{secret}, verify: (*accounts.Table).Verify,
		deriving: make(chan struct{}, 1), stranger: make(chan struct{}, 1), recent: map[tag]time.Time{},
	}
	rand.Read(l.key[:]) // never fails (crypto/rand)
	return l
}

// An attempt is one login that is being decided.
type attempt struct {
	guess
	rules   Rules
	name    string           // the account's, folded
	account accounts.Account // the zero Account if there is none
	ours    bool             // the user name is of a domain of this server, and well-formed
}

// Secret returns what SCRAM needs first: the credentials of user, as the client wrote the name.
// They are chosen by the account alone: whether the domain is local and the device well-formed is
// decided with the proof, so that two spellings of a name do not reveal whether there is an
// account. A name without an account has credentials that look the same and are the same each time;
// no proof matches them.
func (l *Logins) Secret(user string) sasl.Secret {
	rules := l.Rules()
	name, _ := rules.Routing.Login(user)
	return l.secrets.of(rules, name)
}

// Check returns whose login it is, ErrWrong, ErrBusy if the limits leave no turn in time, or the
// error of ctx. The wait comes before the password is checked, and each path to a wrong answer
// takes one derivation, so that neither distinguishes an account from a name without one.
func (l *Logins) Check(ctx context.Context, c Credentials) (Login, error) {
	a := l.attempt(c)
	pair := tag{}
	begins := uint32(0) // a wrong proof looks different each time: each is counted
	if c.Proof == nil {
		pair = l.tag(a.name, c.Password, a.account.Verifier.Digest(), a.ours)
		begins = binary.BigEndian.Uint32(pair[:]) | 1 // 0 is "none"
		if l.Table.tried(a.guess, begins) {
			return Login{}, ErrWrong
		}
	}
	if err := l.Table.admit(ctx, &a.guess); err != nil {
		return Login{}, err
	}
	right, err := l.judge(ctx, a, c, pair)
	switch {
	case err != nil:
		l.Table.refund(a.guess)
		return Login{}, err
	case !right:
		l.failed(a, begins)
		return Login{}, ErrWrong
	}
	l.Table.succeeded(a.guess)
	if l.LoggedIn != nil {
		l.LoggedIn(a.name)
	}
	return Login{a.name, a.account.Verifier.Digest()}, nil
}

// attempt finds out what a user name leads to.
func (l *Logins) attempt(c Credentials) attempt {
	a := attempt{rules: l.Rules()}
	a.name, a.ours = a.rules.Routing.Login(c.User)
	account, exists := a.rules.Accounts.Lookup(a.name)
	a.account, a.guess = account, l.Table.guessAt(c.Client, a.name, account.Mailbox, exists)
	return a
}

// judge checks the password or the proof.
func (l *Logins) judge(ctx context.Context, a attempt, c Credentials, pair tag) (right bool, err error) {
	if c.Proof != nil {
		return c.Proof.Shows(l.secrets.of(a.rules, a.name).StoredKey) && a.exists && a.ours, nil
	}
	wasRight := func() bool { return a.exists && a.ours && l.remembered(pair) }
	if wasRight() {
		return true, nil
	}
	return l.derive(ctx, a.known, func() bool {
		if wasRight() { // one of several logins at once, of which another had its turn first
			return true
		}
		right := l.verify(a.rules.Accounts, a.name, c.Password) && a.ours
		if right {
			l.remember(pair)
		}
		return right
	})
}

// derive verifies a password when it is its turn. Strangers wait in a queue of their own, of which
// one at a time waits with the known clients: however many guess, a known client waits for one of
// them.
func (l *Logins) derive(ctx context.Context, known bool, verify func() bool) (right bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longestLine, ErrBusy)
	defer cancel()
	lines := []chan struct{}{l.stranger, l.deriving}
	if known {
		lines = lines[1:]
	}
	for _, line := range lines {
		select {
		case line <- struct{}{}:
			defer func() { <-line }()
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
	return verify(), nil
}

func (l *Logins) failed(a attempt, begins uint32) {
	if alarm, row := l.Table.failed(a.guess, begins); alarm && l.Alarm != nil {
		l.Alarm(a.name, a.client, row)
	}
}

// tag returns the tag of a pair. The verifier is part of it: after a change of the password the old
// one is not remembered, nor that the new one was wrong.
func (l *Logins) tag(name, password string, verifier []byte, ours bool) (t tag) {
	h := hmac.New(sha256.New, l.key[:])
	mine := []byte{0}
	if ours {
		mine[0] = 1
	}
	for _, part := range [][]byte{[]byte(name), []byte(password), verifier, mine} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	h.Sum(t[:0])
	return t
}

func (l *Logins) remembered(pair tag) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until, ok := l.recent[pair]
	return ok && time.Now().Before(until)
}

func (l *Logins) remember(pair tag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.recent) >= maxRemembered {
		clear(l.recent) // rare: each costs one derivation more
	}
	l.recent[pair] = time.Now().Add(rememberFor)
}

// secrets make the credentials of SCRAM.
type secrets struct {
	lasting []byte // the server's secret, which outlives a restart: of the salts of unknown names
}

// of returns the credentials of a name, see Logins.Secret.
func (ss secrets) of(rules Rules, name string) sasl.Secret {
	unknown := ss.unknown(rules.Accounts, name) // also for an account, so that both take as long
	if account, ok := rules.Accounts.Lookup(name); ok {
		return secretFrom(account.Verifier)
	}
	return unknown
}

// unknown makes the secret of a name that has no account. Its iterations and the length of its salt
// are those of the first account, which are those of every account that this version made.
func (ss secrets) unknown(table *accounts.Table, name string) sasl.Secret {
	iterations, length := accounts.Iterations, accounts.SaltSize
	if first, any := table.First(); any {
		like := secretFrom(first.Verifier)
		iterations, length = like.Iterations, min(len(like.Salt), sha256.Size)
	}
	return sasl.Secret{
		Iterations: iterations,
		Salt:       ss.hash("salt", name)[:length],
		StoredKey:  ss.hash("stored", name),
		ServerKey:  ss.hash("server", name),
	}
}

// hash makes 32 octets of a name that cannot be guessed without the server's secret.
func (ss secrets) hash(use, name string) []byte {
	h := hmac.New(sha256.New, ss.lasting)
	h.Write([]byte(use + "\x00" + name))
	return h.Sum(nil)
}

func secretFrom(v accounts.Verifier) (s sasl.Secret) {
	s.Iterations, s.Salt, s.StoredKey, s.ServerKey = v.Parts()
	return s
}
