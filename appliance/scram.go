package appliance

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/durable"
	"pillarbox/pop3/sasl"
)

// secretSize is the length of the box's secret in octets.
const secretSize = 32

// openSecret reads the secret of the box, of which the salts of unknown users are made, or makes it: 32 octets in a file
// of their own, for they have to be the same after every restart. It writes one small file and flushes it.
func openSecret(state string) ([]byte, error) {
	path := filepath.Join(state, secretFile)
	secret, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		secret = make([]byte, secretSize)
		rand.Read(secret) // never fails (crypto/rand)
		return secret, durable.Replace(path, secret)
	case err != nil:
		return nil, err
	case len(secret) != secretSize:
		return nil, fmt.Errorf("%s is not the secret of a box: it has %d octets, not %d; take it away and a new one is made", path, len(secret), secretSize)
	}
	return secret, nil
}

// secretOf returns what SCRAM asks for first: what is kept of a user's password. A user whom nobody knows has a salt
// too, the same each time and of the same look, so that nobody is told who has an account; no proof fits it.
func (l *logins) secretOf(user string) sasl.Secret {
	in := l.rules()
	name, ours := in.routing.Login(user)
	unknown := l.unknown(in.table, name)
	account, known := in.table.Lookup(name)
	if !ours || !known {
		return unknown
	}
	return secretFrom(account.Verifier)
}

// unknown makes the secret of a name that has no account. Its iterations and the length of its salt are those of
// the first account, which are those of every account that this version made.
func (l *logins) unknown(table *accounts.Table, name string) sasl.Secret {
	iterations, length := accounts.Iterations, accounts.SaltSize
	if first, any := table.First(); any {
		like := secretFrom(first.Verifier)
		iterations, length = like.Iterations, min(len(like.Salt), sha256.Size)
	}
	return sasl.Secret{
		Iterations: iterations,
		Salt:       l.hash("salt", name)[:length],
		StoredKey:  l.hash("stored", name),
		ServerKey:  l.hash("server", name),
	}
}

// hash makes 32 octets of a name that nobody can guess who does not know the box's secret.
func (l *logins) hash(use, name string) []byte {
	h := hmac.New(sha256.New, l.lasting)
	h.Write([]byte(use + "\x00" + name))
	return h.Sum(nil)
}

func secretFrom(v accounts.Verifier) (s sasl.Secret) {
	s.Iterations, s.Salt, s.StoredKey, s.ServerKey = v.Parts()
	return s
}

// verdict is check, or where there is a proof, prove.
func (l *logins) verdict(ctx context.Context, user, password string, proof *sasl.Proof, from netip.Addr) (string, error) {
	if proof != nil {
		return l.prove(ctx, user, *proof, from)
	}
	return l.check(ctx, user, password, from)
}

// prove is check for a proof in the place of a password. Two wrong proofs of one password do not look alike, so each
// is a failure of its own.
func (l *logins) prove(ctx context.Context, user string, proof sasl.Proof, from netip.Addr) (string, error) {
	p := peerOf(from)
	leave, err := l.throttle.enter(ctx, p)
	if err != nil {
		return "", err
	}
	defer leave()
	in := l.rules()
	name, ours := in.routing.Login(user)
	account, known := in.table.Lookup(name)
	kept := l.unknown(in.table, name)
	if known {
		kept = secretFrom(account.Verifier)
	}
	if right := proof.Shows(kept.StoredKey); !right || !known || !ours {
		var once tag
		rand.Read(once[:]) // never fails (crypto/rand)
		l.throttle.failed(p, once)
		return "", errWrong
	}
	l.throttle.succeeded(p)
	l.told(name)
	return name, nil
}
