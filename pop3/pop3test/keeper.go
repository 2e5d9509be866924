package pop3test

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"

	"pillarbox/pop3"
	"pillarbox/pop3/sasl"
)

// keptIterations is how often a Keeper hashes: few, because it does so at each login.
const keptIterations = 16

// A Keeper is Accounts that SCRAM can be used with.
type Keeper struct{ Accounts }

// Secret implements [pop3.Keeper].
func (k Keeper) Secret(user string) sasl.Secret {
	salt := sha256.Sum256([]byte(user))
	salted, err := pbkdf2.Key(sha256.New, k.Accounts[user], salt[:16], keptIterations, sha256.Size)
	if err != nil {
		panic(err) // the numbers above are not those
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	return sasl.Secret{Iterations: keptIterations, Salt: salt[:16], StoredKey: stored[:], ServerKey: mac(salted, "Server Key")}
}

// Authenticate implements [pop3.Authenticator].
func (k Keeper) Authenticate(ctx context.Context, c pop3.Credentials) (string, error) {
	if c.Proof == nil {
		return k.Accounts.Authenticate(ctx, c)
	}
	if _, known := k.Accounts[c.User]; known && c.Proof.Shows(k.Secret(c.User).StoredKey) {
		return c.User, nil
	}
	return "", pop3.ErrAuth
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
