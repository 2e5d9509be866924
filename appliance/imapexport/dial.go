package imapexport

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// A Target is a folder of an IMAP server.
type Target struct {
	Host, Port, User string
	Folder           string // in UTF-8, with the hierarchy separator of the server
	StartTLS         bool   // on a connection that begins without TLS
}

// ParseTarget parses imaps://USER@HOST[:PORT]/[FOLDER], or imap:// for STARTTLS. The folder is
// INBOX if there is none.
func ParseTarget(s string) (Target, error) {
	u, err := url.Parse(s)
	var wrong *url.Error
	if errors.As(err, &wrong) { // its text repeats the URL, which may have a password
		err = wrong.Err
	}
	if err != nil {
		return Target{}, fmt.Errorf("invalid URL: %w", err)
	}
	t := Target{Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Folder: strings.TrimPrefix(u.Path, "/")}
	_, password := u.User.Password()
	switch {
	case u.Scheme == "imap":
		t.StartTLS = true
	case u.Scheme != "imaps":
		return Target{}, errors.New("the URL has to begin with imaps:// (TLS) or imap:// (STARTTLS)")
	}
	switch {
	case password:
		return Target{}, errors.New("a password on the command line can be seen by every user: leave it out, and type it when the command prompts for it")
	case t.Host == "" || t.User == "":
		return Target{}, errors.New("the URL has to name a user and a host: imaps://USER@HOST/")
	case u.RawQuery != "" || u.Fragment != "":
		return Target{}, errors.New("the URL has something after the folder; write %3F for ? and %23 for #")
	case strings.ContainsAny(t.User+t.Folder, "\x00\r\n"):
		return Target{}, errors.New("the URL has a line end or a zero octet in it")
	}
	if t.Folder == "" {
		t.Folder = "INBOX"
	}
	if t.Port == "" {
		t.Port = map[bool]string{false: "993", true: "143"}[t.StartTLS]
	}
	return t, nil
}

func (t Target) address() string { return net.JoinHostPort(t.Host, t.Port) }

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
