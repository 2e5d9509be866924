package access

import (
	"crypto/hmac"
	"crypto/sha256"

	"pillarbox/appliance/accounts"
	"pillarbox/pop3/sasl"
)

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
