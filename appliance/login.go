package appliance

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"time"

	"pillarbox/appliance/accounts"
)

const (
	rememberFor   = time.Hour // a login that was right is right without a derivation
	maxRemembered = 256
)

// errWrong: user or password is wrong.
var errWrong = errors.New("wrong user or password")

// A tag stands for a (user, password) pair in memory: an HMAC under a key that is drawn at the start and never leaves, so
// that a dump of the memory of another boot says nothing.
type tag [sha256.Size]byte

// logins says who is who. It verifies one password at a time, whatever a crowd wants: a derivation takes
// all of a small core.
type logins struct {
	rules    func() *rules // those in force
	throttle *throttle
	verify   func(t *accounts.Table, name, password string) bool
	told     func(user string) // of each login
	secret   [32]byte
	lasting  []byte        // the secret that outlives a restart; see openSecret
	deriving chan struct{} // holds a token while somebody derives
	stranger chan struct{} // holds a token while one who never logged in derives or is the next to

	mu     sync.Mutex
	recent map[tag]time.Time // logins that were right: until when they are remembered
}

func newLogins(in func() *rules, told func(user string)) *logins {
	l := &logins{
		rules: in, throttle: newThrottle(), verify: (*accounts.Table).Verify, told: told,
		deriving: make(chan struct{}, 1), stranger: make(chan struct{}, 1), recent: map[tag]time.Time{},
	}
	rand.Read(l.secret[:]) // never fails (crypto/rand)
	return l
}

// check returns the account that a client may use, errWrong, or the error of ctx. The delay of a guesser comes
// before any look at the password, so that a right guess takes as long as a wrong one.
func (l *logins) check(ctx context.Context, user, password string, from netip.Addr) (string, error) {
	p := peerOf(from)
	leave, err := l.throttle.enter(ctx, p)
	if err != nil {
		return "", err
	}
	defer leave()
	in := l.rules()
	name, ours := in.routing.Login(user)
	account, known := in.table.Lookup(name)
	pair := l.tag(name, password, account.Verifier.Digest())
	if !(ours && known && l.remembered(pair)) {
		right, err := l.derive(ctx, p, func() bool { return l.verify(in.table, name, password) })
		if err != nil {
			return "", err
		}
		if !right || !ours {
			l.throttle.failed(p, pair)
			return "", errWrong
		}
		l.remember(pair)
	}
	l.throttle.succeeded(p)
	l.told(name)
	return name, nil
}

// derive verifies a password when it is its turn. Strangers stand in a line of their own, of which one at a time
// stands in that of the family: however many guess, who has logged in before waits for one of them.
func (l *logins) derive(ctx context.Context, p peer, verify func() bool) (right bool, err error) {
	lines := []chan struct{}{l.stranger, l.deriving}
	if l.throttle.knows(p) {
		lines = lines[1:]
	}
	for _, line := range lines {
		select {
		case line <- struct{}{}:
			defer func() { <-line }()
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return verify(), nil
}

// tag returns the tag of a pair. The verifier is part of it: after a change of the password the
// old one is not remembered.
func (l *logins) tag(name, password string, verifier []byte) (t tag) {
	h := hmac.New(sha256.New, l.secret[:])
	for _, part := range [][]byte{[]byte(name), []byte(password), verifier} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	h.Sum(t[:0])
	return t
}

func (l *logins) remembered(pair tag) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	until, ok := l.recent[pair]
	return ok && time.Now().Before(until)
}

func (l *logins) remember(pair tag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.recent) >= maxRemembered {
		clear(l.recent) // rare: each costs one derivation more
	}
	l.recent[pair] = time.Now().Add(rememberFor)
}
