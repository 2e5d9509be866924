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
	mostLife      = 825 * day // the most that Apple's systems accept
	renewBefore   = 60 * day
)

// A pair is a certificate with its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issueAuthority makes an authority. It may sign for servers, not for code and mail, and for the
// names of constrain.
func issueAuthority(names Names, now, built time.Time) (pair, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "pillarbox authority of " + names.DNS[0], Organization: []string{"pillarbox"}},
		NotBefore:             built,
		NotAfter:              believe(now, built).Add(authorityLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	constrain(template, names)
	return issue(template, pair{})
}

// issueServer makes a certificate for names that the authority permits, and signs it.
func issueServer(names Names, authority pair, now, built time.Time) (pair, error) {
	until := believe(now, built).Add(boxLife)
	since := built
	if apple := until.Add(-mostLife); apple.After(since) {
		since = apple
	}
	template := &x509.Certificate{
		NotBefore:             since,
		NotAfter:              until,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range slices.Concat(names.DNS, []string{"localhost"}, names.SetUp) {
		if permitsName(authority.cert, name) && !slices.Contains(template.DNSNames, name) {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if len(template.DNSNames) > 0 {
		template.Subject.CommonName = template.DNSNames[0]
	}
	own := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	for _, addr := range slices.Concat(own, names.Fixed, names.Addrs) {
		ip := net.IP(addr.AsSlice())
		if permitsAddr(authority.cert, addr) && !slices.ContainsFunc(template.IPAddresses, ip.Equal) {
			template.IPAddresses = append(template.IPAddresses, ip)
		}
	}
	return issue(template, authority)
}

// believe returns the time to count from: the later of clock and build date, unless the clock is
// absurd.
func believe(now, built time.Time) time.Time {
	if now.Before(built) || now.After(built.Add(authorityLife)) {
		return built
	}
	return now
}

// issue makes a key and has its certificate signed by authority, or by itself if that is empty.
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

// serves reports whether a certificate names everything that it has to, see R1.
func serves(cert *x509.Certificate, names Names) bool {
	named := func(name string) bool { return slices.Contains(cert.DNSNames, name) }
	bound := func(addr netip.Addr) bool { return slices.ContainsFunc(cert.IPAddresses, net.IP(addr.AsSlice()).Equal) }
	if _, lacks := split(names.DNS, named); len(lacks) > 0 {
		return false
	}
	if _, lacks := split(names.Fixed, bound); len(lacks) > 0 {
		return false
	}
	if _, lacks := split(names.SetUp, named); len(lacks) > 0 && slices.ContainsFunc(cert.DNSNames, isSetUp) {
		return false
	}
	private := slices.ContainsFunc(cert.IPAddresses, func(ip net.IP) bool { return !ip.IsLoopback() })
	return private || len(names.Addrs) == 0
}
