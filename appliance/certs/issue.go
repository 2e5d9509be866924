package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"time"
)

const (
	day           = 24 * time.Hour
	authorityLife = 20 * 365 * day
	boxLife       = 800 * day
	mostLife      = 825 * day // what Apple's systems take
	renewBefore   = 60 * day
)

// Names are what a certificate is for.
type Names struct {
	DNS   []string     // folded host names, the first one is the box's
	Addrs []netip.Addr // private addresses, without zones
}

// A pair is a certificate with its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issueAuthority makes the authority of a box.
func issueAuthority(host string, now, built time.Time) (pair, error) {
	until := believe(now, built).Add(authorityLife)
	return issue(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "pillarbox authority of " + host, Organization: []string{"pillarbox"}},
		NotBefore:             built,
		NotAfter:              until,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, pair{})
}

// issueBox makes a certificate for names, signed by the authority.
func issueBox(names Names, authority pair, now, built time.Time) (pair, error) {
	until := believe(now, built).Add(boxLife)
	since := built
	if apple := until.Add(-mostLife); apple.After(since) {
		since = apple
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: names.DNS[0]},
		NotBefore:             since,
		NotAfter:              until,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:              append(slices.Clip(names.DNS), "localhost"),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, // for programs on the box itself
	}
	for _, addr := range names.Addrs {
		template.IPAddresses = append(template.IPAddresses, addr.AsSlice())
	}
	return issue(template, authority)
}

// believe returns the time to count from: the later of clock and build date, unless the clock is absurd.
func believe(now, built time.Time) time.Time {
	if now.Before(built) || now.After(built.Add(authorityLife)) {
		return built
	}
	return now
}

// issue makes a key and has its certificate signed by authority, or by itself when that is empty.
func issue(template *x509.Certificate, authority pair) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	var serial [16]byte // 127 random bits are unique enough (RFC 5280 §4.1.2.2)
	rand.Read(serial[:])
	serial[0] &= 0x7f
	template.SerialNumber = new(big.Int).SetBytes(serial[:])
	template.NotBefore = template.NotBefore.UTC().Truncate(time.Second)
	template.NotAfter = template.NotAfter.UTC().Truncate(time.Second)
	if authority.cert == nil {
		authority = pair{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, authority.cert, key.Public(), authority.key)
	if err != nil {
		return pair{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return pair{cert, key}, err
}

// encode returns the two PEM files of a pair.
func (p pair) encode() (cert, key []byte, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// serves says whether the certificate names everything that it has to, see R1.
func serves(cert *x509.Certificate, names Names) bool {
	for _, name := range names.DNS {
		if !slices.Contains(cert.DNSNames, name) {
			return false
		}
	}
	private := slices.ContainsFunc(cert.IPAddresses, func(ip net.IP) bool { return !ip.IsLoopback() })
	return private || len(names.Addrs) == 0
}
