package cardupdate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	kernelLine = "kernel 1500 " + zeros + "1\n"
	rootLine   = "root 1600 " + zeros + "2\n"
	zeros      = "000000000000000000000000000000000000000000000000000000000000000"
	text       = firstLine + "\nboard qemu-aarch64\n" + kernelLine + rootLine + "version 0.2.0\n"
)

// A signer signs as scripts do with openssl: see TestOpenSSL.
type signer struct {
	Key
	private ed25519.PrivateKey
	pem     []byte
}

func newSigner(t testing.TB) signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file := publicPEM(t, public)
	key, err := ParseKey(file)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, private, file}
}

func publicPEM(t testing.TB, public any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func (s signer) line(signed string) string {
	return "signature " + s.ID + " " + base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, []byte(signed))) + "\n"
}

func page(text string) []byte { return append([]byte(text), make([]byte, PageSize-len(text))...) }

// check is what a card with these keys that runs version 0.2.0 says of a page.
func check(text string, keys ...signer) error {
	return checkWith(Policy{Running: "0.2.0"}, text, keys...)
}

func checkWith(policy Policy, text string, keys ...signer) error {
	m, err := Parse(page(text))
	if err != nil {
		return err
	}
	policy.Board = "qemu-aarch64"
	for _, key := range keys {
		policy.Keys = append(policy.Keys, key.Key)
	}
	return policy.Check(m)
}

func TestGoodUpdate(t *testing.T) {
	ours, old := newSigner(t), newSigner(t)
	for name, signed := range map[string]string{
		"the version that runs":    text + ours.line(text),
		"signed by an old key too": text + old.line(text) + ours.line(text),
	} {
		if err := check(signed, ours); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	newer := strings.Replace(text, "0.2.0", "0.2.1", 1) + "later a line of a later release\n"
	if err := check(newer+ours.line(newer), old, ours); err != nil {
		t.Errorf("a newer version: %v", err)
	}
	m, err := Parse(page(text + ours.line(text)))
	if err != nil || m.Kernel.String() != "1500 "+zeros+"1" || m.Root.String() != "1600 "+zeros+"2" || m.Version != "0.2.0" {
		t.Errorf("Parse = %+v, %v", m, err)
	}
}

func TestUnsigned(t *testing.T) {
	ours := newSigner(t)
	if err := check(text, ours); !errors.Is(err, ErrUnsigned) {
		t.Errorf("an unsigned update: %v", err)
	}
	if err := checkWith(Policy{AllowUnsigned: true}, text); err != nil {
		t.Errorf("with -allow-unsigned: %v", err)
	}
	// A signature that is there must be right: the flag is no way round it.
	var foreign *ForeignError
	if err := checkWith(Policy{AllowUnsigned: true}, text+ours.line(text)); !errors.As(err, &foreign) {
		t.Errorf("a foreign signature with -allow-unsigned: %v", err)
	}
}

func TestForeign(t *testing.T) {
	ours, theirs := newSigner(t), newSigner(t)
	var foreign *ForeignError
	if err := check(text+theirs.line(text), ours); !errors.As(err, &foreign) || foreign.Keys[0] != theirs.ID {
		t.Errorf("signed by another key: %v", err)
	}
	if err := check(text + ours.line(text)); !errors.As(err, &foreign) {
		t.Errorf("on a card without keys: %v", err)
	}
	if !strings.Contains(foreign.Error(), "pillarbox-update trust") {
		t.Errorf("%q does not say how to trust a key of one's own", foreign)
	}
}

// TestTampered changes each octet of what is signed, and the signature, one at a time.
func TestTampered(t *testing.T) {
	ours := newSigner(t)
	signed := text + ours.line(text)
	for i := range signed {
		changed := []byte(signed)
		changed[i] ^= 1
		if err := check(string(changed), ours); err == nil {
			t.Errorf("octet %d of %q was changed, and the update is accepted", i, signed)
		}
	}
	var tampered *TamperedError
	for _, to := range []string{"0.2.1", "9.9.9"} {
		if err := check(strings.Replace(signed, "0.2.0", to, 1), ours); !errors.As(err, &tampered) || tampered.Key != ours.ID {
			t.Errorf("version changed to %s: %v", to, err)
		}
	}
	// A key of the card's name, which the card does not have.
	theirs := newSigner(t)
	claimed := strings.Replace(theirs.line(text), theirs.ID, ours.ID, 1)
	if err := check(text+claimed, ours); !errors.As(err, &tampered) {
		t.Errorf("another key under our name: %v", err)
	}
}

func TestOlder(t *testing.T) {
	ours := newSigner(t)
	old := strings.Replace(text, "0.2.0", "0.1.9", 1)
	release1 := strings.Replace(text, "version 0.2.0\n", "", 1)
	for _, text := range []string{old, release1} {
		signed := text + ours.line(text)
		var older *OlderError
		if err := check(signed, ours); !errors.As(err, &older) || !strings.Contains(err.Error(), "-allow-older") {
			t.Errorf("%q: %v", signed, err)
		}
		if err := checkWith(Policy{Running: "0.2.0", AllowOlder: true}, signed, ours); err != nil {
			t.Errorf("%q with -allow-older: %v", signed, err)
		}
	}
	theirs, foreign := newSigner(t), &ForeignError{}
	if err := check(old+theirs.line(old), ours); !errors.As(err, &foreign) {
		t.Errorf("older and foreign: %v", err)
	}
}

func TestDamagedPages(t *testing.T) {
	ours := newSigner(t)
	resigned := func(from, to string) string {
		changed := strings.Replace(text, from, to, 1)
		return changed + ours.line(changed)
	}
	signature := ours.line(text)
	for name, page := range map[string][]byte{
		"empty":                    {},
		"cut short":                page(text + signature)[:PageSize-1],
		"another file":             page("#!/bin/sh\n"),
		"two lines kernel":         page(resigned("board", kernelLine+"board")),
		"two lines version":        page(resigned("board", "version 9\nboard")),
		"no line root":             page(resigned(rootLine, "")),
		"no line board":            page(resigned("board", "bored")),
		"zero blocks":              page(resigned("kernel 1500", "kernel 0")),
		"blocks as a command":      page(resigned("kernel 1500", "kernel $(reboot)")),
		"blocks with a sign":       page(resigned("kernel 1500", "kernel +1500")),
		"too many blocks":          page(resigned("kernel 1500", "kernel 99999999")),
		"a short sum":              page(resigned(zeros+"1", zeros)),
		"a sum with capitals":      page(resigned(zeros+"1", zeros+"A")),
		"an empty version":         page(resigned("0.2.0", "")),
		"a version with a quote":   page(resigned("0.2.0", "0'")),
		"a version of a word":      page(resigned("0.2.0", "devel")),
		"a line after a signature": page(text + signature + "version 9\n"),
		"no end of line":           page(strings.TrimSuffix(text+signature, "\n")),
		"octets after the zeros":   append(page(text + signature)[:PageSize-1], 'x'),
		"signature without a key":  page(text + "signature " + strings.Fields(signature)[2] + "\n"),
		"signature of 63 octets":   page(text + "signature " + ours.ID + " " + base64.StdEncoding.EncodeToString(make([]byte, 63)) + "\n"),
		"no base64":                page(text + "signature " + ours.ID + " ?\n"),
	} {
		if m, err := Parse(page); err == nil {
			t.Errorf("%s: Parse = %+v", name, m)
		}
	}
}

func TestOtherBoard(t *testing.T) {
	ours := newSigner(t)
	changed := strings.Replace(text, "qemu-aarch64", "raspberrypi2", 1)
	if err := check(changed+ours.line(changed), ours); err == nil || !strings.Contains(err.Error(), `"raspberrypi2"`) {
		t.Errorf("an update of another board: %v", err)
	}
}

func TestReadKeys(t *testing.T) {
	folder, ours := t.TempDir(), newSigner(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(ours.private)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"ours.pem":    ours.pem,
		"curve.pem":   publicPEM(t, &curve.PublicKey),
		"private.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"text.pem":    []byte("no key"),
		"ours.txt":    []byte("not read"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := ReadKeys(filepath.Join(folder, "missing"), folder)
	if len(keys) != 1 || keys[0].ID != ours.ID {
		t.Errorf("keys %v, want one", keys)
	}
	for _, said := range []string{"curve.pem: the key is not an Ed25519 key", "private.pem: this is a private key", "text.pem: no public key"} {
		if err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("the error %q does not say %q", err, said)
		}
	}
}

func FuzzParse(f *testing.F) {
	ours := newSigner(f)
	f.Add(page(text + ours.line(text)))
	f.Add(page(text))
	f.Fuzz(func(t *testing.T, octets []byte) {
		m, err := Parse(octets)
		if err != nil {
			return
		}
		if !bytes.HasPrefix(octets, m.signed) || m.Kernel.Blocks <= 0 || len(m.Root.SHA256) != 64 {
			t.Errorf("Parse = %+v", m)
		}
	})
}
