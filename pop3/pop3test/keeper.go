package pop3test

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

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

// A Scram is a client of SCRAM-SHA-256 (RFC 5802): what it says first, and its password.
type Scram struct {
	GS2      string // "n,,"; with "p=tls-exporter,," it binds to Binding
	Bare     string // "n=anna,r=nonce"
	Password string
	Binding  []byte
}

// First returns the client's first message.
func (c Scram) First() string { return c.GS2 + c.Bare }

// Final returns the client's answer to the server's first message, and the proof that it then
// waits for from the server.
func (c Scram) Final(t testing.TB, server string) (message, verdict string) {
	t.Helper()
	attributes := strings.Split(server, ",")
	if len(attributes) != 3 {
		t.Fatalf("the server says %q", server)
	}
	salt, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(attributes[1], "s="))
	var iterations int
	if _, err2 := fmt.Sscanf(attributes[2], "i=%d", &iterations); err != nil || err2 != nil {
		t.Fatalf("the server says %q", server)
	}
	salted, err := pbkdf2.Key(sha256.New, c.Password, salt, iterations, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	code := base64.StdEncoding.EncodeToString
	without := "c=" + code(append([]byte(c.GS2), c.Binding...)) + "," + attributes[0]
	signed := c.Bare + "," + server + "," + without
	proof := mac(salted, "Client Key")
	stored := sha256.Sum256(proof)
	for i, b := range mac(stored[:], signed) {
		proof[i] ^= b
	}
	return without + ",p=" + code(proof), "v=" + code(mac(mac(salted, "Server Key"), signed))
}
