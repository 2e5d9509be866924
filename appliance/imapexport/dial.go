package imapexport

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// Options are how a server is trusted and logged in to, and how long nothing has to arrive in a
// folder before an export reads what is there.
type Options struct {
	Password string
	Roots    *x509.CertPool // if it is nil, those of the system
	Pin      []byte         // if it is not nil, the SHA-256 of the only certificate to trust
	Quiet    time.Duration
}

func (o Options) tls(host string) *tls.Config {
	c := &tls.Config{ServerName: host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	if o.Pin == nil {
		return c
	}
	c.InsecureSkipVerify = true // VerifyConnection decides
	c.VerifyConnection = func(state tls.ConnectionState) error {
		got := sha256.Sum256(state.PeerCertificates[0].Raw)
		if subtle.ConstantTimeCompare(got[:], o.Pin) != 1 {
			return fmt.Errorf("the certificate is not the pinned one: its SHA-256 is %x", got)
		}
		return nil
	}
	return c
}

// connect connects and logs in.
func connect(t Target, o Options) (*imapclient.Client, error) {
	dial := imapclient.DialTLS
	if t.StartTLS {
		dial = imapclient.DialStartTLS
	}
	c, err := dial(t.address(), &imapclient.Options{TLSConfig: o.tls(t.Host)})
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &unknown):
		return nil, fmt.Errorf("%s: %w; -ca FILE or -pin SHA256 names what to trust", t.address(), err)
	case err != nil && t.StartTLS:
		return nil, fmt.Errorf("%s: STARTTLS: %w; nothing was sent without TLS", t.address(), err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", t.address(), err)
	}
	if err := login(c, t.User, o.Password); err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", t.address(), err)
	}
	c.Caps() // after the login; with LITERAL+ or LITERAL- small messages are sent without waiting
	return c, nil
}

func login(c *imapclient.Client, user, password string) error {
	if err := c.WaitGreeting(); err != nil {
		return err
	}
	if c.State() == imap.ConnStateAuthenticated { // PREAUTH
		return nil
	}
	caps, err := c.Capability().Wait() // those of before TLS do not count
	switch {
	case err != nil:
	case caps.Has(imap.AuthCap("PLAIN")):
		err = c.Authenticate(sasl.NewPlainClient("", user, password))
	case caps.Has(imap.CapLoginDisabled):
		err = errors.New("the server has no login with a password")
	default:
		err = c.Login(user, password).Wait()
	}
	if err != nil {
		return fmt.Errorf("login as %s: %w", user, err)
	}
	return nil
}
