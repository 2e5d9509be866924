package trust

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/remote/session"
)

// An authority signs certificates of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func (a *authority) sign(t *testing.T, host string) tls.Certificate {
	t.Helper()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Minute),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// shake runs a handshake with a server that has the certificate.
func shake(t *testing.T, p Policy, cert tls.Certificate) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if far, err := l.Accept(); err == nil {
			tls.Server(far, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake()
			far.Close()
		}
	}()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	err = tls.Client(near, p.Config()).Handshake()
	near.Close()
	<-ended
	return err
}

func TestVerify(t *testing.T) {
	ours, other := newAuthority(t, "ours"), newAuthority(t, "other")
	bundle := filepath.Join(t.TempDir(), "roots.pem")
	long := append(bytes.Repeat([]byte("#"), 9000), '\n')
	if err := os.WriteFile(bundle, bytes.Join([][]byte{long, other.pem, ours.pem}, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cert := ours.sign(t, "mail.example.org")
	pin := fmt.Sprintf("%x", sha256.Sum256(cert.Certificate[0]))
	late := func() time.Time { return time.Now().Add(2 * time.Minute) }
	for _, tt := range []struct {
		name string
		p    Policy
		want string // in the error; "": there is none
	}{
		{"a root of the bundle", Policy{Host: "mail.example.org", Bundle: bundle}, ""},
		{"another name", Policy{Host: "mail.example.com", Bundle: bundle}, "not for mail.example.com (issuer CN=ours)"},
		{"an unknown authority", Policy{Host: "mail.example.org", Bundle: write(t, other.pem)}, "unknown authority"},
		{"too late", Policy{Host: "mail.example.org", Bundle: bundle, Now: late}, "compare the clock"},
		{"the pin", Policy{Host: "whatever.example", Pin: pin}, ""},
		{"another pin", Policy{Host: "mail.example.org", Pin: strings.Repeat("0", 64), Bundle: bundle}, "not the pinned one"},
		{"no bundle", Policy{Host: "mail.example.org", Bundle: filepath.Join(t.TempDir(), "none")}, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := shake(t, tt.p, cert)
			var e *session.Error
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.As(err, &e) || (e.Kind == session.Expired) != (tt.name == "too late") || e.Kind != session.Certificate && e.Kind != session.Expired || !strings.Contains(e.Text, tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOnlyIssuers: roots that issued nothing of the chain are not parsed.
func TestOnlyIssuers(t *testing.T) {
	ours, other := newAuthority(t, "ours"), newAuthority(t, "other")
	leaf, err := x509.ParseCertificate(ours.sign(t, "mail.example.org").Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool, err := rootsFor([]*x509.Certificate{leaf}, write(t, append(other.pem, ours.pem...)))
	if err != nil {
		t.Fatal(err)
	}
	want := x509.NewCertPool()
	want.AddCert(ours.cert)
	if !pool.Equal(want) {
		t.Error("the pool does not hold the issuer alone")
	}
}

func FuzzEach(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, bundle []byte) {
		n := 0
		if err := each(bytes.NewReader(bundle), func(der []byte) { n += len(der) }); err != nil || n > len(bundle) {
			t.Errorf("%d octets of %d, %v", n, len(bundle), err)
		}
	})
}
