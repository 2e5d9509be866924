package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/statedir"
)

// AskSetup returns what a mail client needs to know: from the running server, else from the files.
func AskSetup(c *config.Config) (*Setup, error) {
	if err := statedir.Served(c); err != nil {
		return nil, err
	}
	client, err := dialControl(c.State)
	if err == nil {
		defer client.Close()
		return client.Setup()
	}
	if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		return nil, err
	}
	u := SetupOf(c)
	err = statedir.AsOwner(c.State, func(state string) error {
		chosen, err := listen.LoadPorts(state)
		if err != nil {
			return err
		}
		u.Listeners = listen.Configured(c, chosen)
		if _, err := os.Lstat(filepath.Join(state, statedir.FirstLoginFile)); err == nil {
			u.FirstLogin = filepath.Join(c.State, statedir.FirstLoginFile)
		}
		if c.TLS.Cert == "" {
			u.Fingerprint, err = certs.FingerprintOf(filepath.Join(state, statedir.CertsFolder))
		}
		return statedir.UnlessMissing(err)
	})
	if err == nil && c.TLS.Cert != "" {
		u.Fingerprint, err = certs.FingerprintOfFile(c.TLS.Cert)
	}
	return u, statedir.NoAccess(c.State, err)
}

// SetupOf returns what the configuration alone says.
func SetupOf(c *config.Config) *Setup {
	_, domain, _ := strings.Cut(identity.AddressOf(c, ""), "@")
	u := &Setup{Hostname: c.Hostname, Domain: domain, Servers: identity.Servers(c)}
	for _, name := range c.Remotes() {
		if r := c.Remote[name]; r.Send {
			u.Senders = append(u.Senders, r.Address...)
		}
	}
	return u
}

// SetupLines returns the lines for people that both the first start and the command setup show.
func SetupLines(u *Setup) (lines []string) {
	last := len(u.Servers) - 1
	for i, server := range u.Servers {
		label := "Server        "
		if i > 0 {
			label = "              or "
		}
		if i > 0 && i == last {
			server += " where the network knows that name"
		}
		lines = append(lines, label+server)
	}
	incoming := portLine("Incoming      POP3, ", u.Listeners, "pop3", func(ports []string) string { return ports[0] })
	outgoing := portLine("Outgoing      SMTP, ", u.Listeners, "smtp", func(ports []string) string { return ports[len(ports)-1] })
	lines = append(append(lines, incoming...), outgoing...)
	if len(u.Senders) > 0 {
		lines = append(lines, "              (for local mail, and to others from "+strings.Join(u.Senders, ", ")+")")
	} else {
		lines = append(lines, "              (for local mail; to others by your provider's server)")
	}
	if address := PageOf(u); address != "" {
		lines = append(lines, "Web page      "+address)
	}
	if u.Fingerprint != "" {
		lines = append(lines, "Certificate   its SHA-256, to compare when a mail client asks:")
		lines = append(lines, FingerprintLines(u.Fingerprint)...)
	} else {
		lines = append(lines, "Certificate   none yet: the first start of the server makes it")
	}
	for _, l := range u.Listeners {
		if l.Off != "" {
			lines = append(lines, fmt.Sprintf("Off           %s %s: %s", l.Key, l.Address, l.Off))
		}
	}
	return lines
}

// FingerprintLines returns a fingerprint in two lines.
func FingerprintLines(print string) []string {
	half := len(print)/2 + 1
	return []string{"              " + print[:half], "              " + print[half:]}
}

// PageOf returns the address of the page for a browser, by the first name or address of the server:
// the one without TLS, which asks for no certificate; "" if no page is open.
func PageOf(u *Setup) string {
	best, scheme, usual := 0, "", 0
	for _, l := range u.Listeners {
		if l.Protocol != string(listen.HTTP) || l.Off != "" || l.Port == 0 {
			continue
		}
		if best == 0 || l.TLS == "none" {
			best, scheme, usual = l.Port, "https", 443
			if l.TLS == "none" {
				scheme, usual = "http", 80
				break
			}
		}
	}
	if best == 0 || len(u.Servers) == 0 {
		return ""
	}
	host := u.Servers[0]
	if best != usual || strings.Contains(host, ":") {
		host = net.JoinHostPort(host, strconv.Itoa(best))
	}
	return scheme + "://" + host + "/"
}

// portLine names the ports of a protocol, those with TLS from the first byte before the others. Of
// several plain ones, one is for clients: the last one of SMTP is that for submission.
func portLine(label string, all []listen.Address, protocol string, plain func([]string) string) (lines []string) {
	ports := map[string][]string{}
	for _, l := range all {
		if l.Protocol == protocol && l.Off == "" && l.Port != 0 {
			ports[l.TLS] = append(ports[l.TLS], strconv.Itoa(l.Port))
		}
	}
	var ways []string
	if list := ports["implicit"]; len(list) > 0 {
		ways = append(ways, fmt.Sprintf("port %s with SSL/TLS", list[0]))
	}
	if list := ports["starttls"]; len(list) > 0 {
		ways = append(ways, fmt.Sprintf("port %s with STARTTLS", plain(list)))
	}
	if len(ways) == 0 {
		return nil
	}
	return []string{label + strings.Join(ways, ", or ")}
}

// AuthorityPEM returns the certificate of the authority, which devices install. The error says what
// to do if there is none.
func AuthorityPEM(c *config.Config) (text []byte, err error) {
	if c.TLS.Cert != "" {
		return nil, fmt.Errorf("tls.cert is a certificate of your own: the server has no authority (%s)", c.TLS.Cert)
	}
	if err := statedir.Served(c); err != nil {
		return nil, err
	}
	err = statedir.AsOwner(c.State, func(state string) (err error) {
		text, err = certs.AuthorityPEM(filepath.Join(state, statedir.CertsFolder))
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no certificate authority in %s yet: the first start of the server makes it", c.State)
	}
	return text, statedir.NoAccess(c.State, err)
}

// FirstLoginLines returns where the password of the first start is; nothing once it was used. A
// container has no program that shows a file.
func FirstLoginLines(u *Setup) []string {
	if u.FirstLogin == "" {
		return nil
	}
	return []string{
		"First login   " + FirstName + "; its password is in " + u.FirstLogin,
		"              until the first login; pillarbox user passwd " + FirstName + " sets one of your own",
	}
}

// FirstName is the account that a first start makes; it gets the mail of root and postmaster.
const FirstName = "mail"
