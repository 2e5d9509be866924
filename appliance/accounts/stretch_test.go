package accounts

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

// TestStretch: the own implementation returns what the library returns.
func TestStretch(t *testing.T) {
	for _, length := range []int{0, 1, 31, 63, 64, 65, 200} {
		for _, salt := range []string{"s", "a salt of sixteen", strings.Repeat("long ", 30)} {
			for _, iterations := range []int{1, 2, 3, 100} {
				password := strings.Repeat("pä\x00", length)[:length]
				want, err := pbkdf2.Key(sha256.New, password, []byte(salt), iterations, sha256.Size)
				if err != nil {
					t.Fatal(err)
				}
				if got := stretch(password, []byte(salt), iterations); !bytes.Equal(got, want) {
					t.Errorf("password of %d octets, salt %q, %d iterations: got %x, want %x", length, salt, iterations, got, want)
				}
			}
		}
	}
}

func FuzzStretch(f *testing.F) {
	f.Add("password", []byte("salt"), uint8(7))
	f.Fuzz(func(t *testing.T, password string, salt []byte, iterations uint8) {
		n := 1 + int(iterations)
		want, err := pbkdf2.Key(sha256.New, password, salt, n, sha256.Size)
		if err != nil {
			t.Skip(err)
		}
		if got := stretch(password, salt, n); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x", got, want)
		}
	})
}

// BenchmarkDerive compares the two ways to a verifier.
func BenchmarkDerive(b *testing.B) {
	for name, way := range map[string]func(string, []byte, int) ([]byte, error){
		"here": saltedPassword,
		"plain": func(password string, salt []byte, iterations int) ([]byte, error) {
			return stretch(password, salt, iterations), nil
		},
	} {
		b.Run(fmt.Sprintf("%s/%d", name, Iterations), func(b *testing.B) {
			for b.Loop() {
				if _, err := way("a password", make([]byte, SaltSize), Iterations); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
