package access

import (
	"crypto/hmac"
	"crypto/sha256"

	"pillarbox/appliance/accounts"
	"pillarbox/pop3/sasl"
)

// Secret returns what SCRAM needs first: the credentials of user, as the client wrote the name.
// They are chosen by the account alone: whether the domain is local and the device well-formed is
// decided with the proof, so that two spellings of a name do not reveal whether there is an
// account. A name without an account has credentials that look the same and are the same each time;
// no proof matches them.
func (l *Logins) Secret(user string) sasl.Secret {
	rules := l.Rules()
	name, _ := rules.Routing.Login(user)
	return l.secretOf(rules, name)
}

func (l *Logins) secretOf(rules Rules, name string) sasl.Secret {
	unknown := l.unknown(rules.Accounts, name) // also for an account, so that both take as long
	if account, ok := rules.Accounts.Lookup(name); ok {
		return secretFrom(account.Verifier)
	}
	return unknown
}

// unknown makes the secret of a name that has no account. Its iterations and the length of its salt
// are those of the first account, which are those of every account that this version made.
func (l *Logins) unknown(table *accounts.Table, name string) sasl.Secret {
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

// hash makes 32 octets of a name that cannot be guessed without the server's secret.
func (l *Logins) hash(use, name string) []byte {
	h := hmac.New(sha256.New, l.lasting)
	h.Write([]byte(use + "\x00" + name))
	return h.Sum(nil)
}

func secretFrom(v accounts.Verifier) (s sasl.Secret) {
	s.Iterations, s.Salt, s.StoredKey, s.ServerKey = v.Parts()
	return s
}
