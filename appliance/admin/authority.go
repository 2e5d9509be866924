package admin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"pillarbox/appliance/certs"
	"pillarbox/appliance/config"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/statedir"
)

// OutsideAdvice is what to do about names that the authority does not permit.
const OutsideAdvice = "the certificate is served without them; to change that, stop the server, remove all files in %s, " +
	"start it, and install the new ca.crt on every device; or set tls.cert and tls.key"

// CheckNames returns what looks like a mistake in the names of the certificate.
func CheckNames(c *config.Config) (warnings []string) {
	if c.TLS.Cert != "" {
		if len(c.TLS.Names) > 0 {
			warnings = append(warnings, "tls.names: has no effect, because tls.cert is a certificate of your own")
		}
		return warnings
	}
	if advice := identity.Unnamed(c); advice != "" {
		warnings = append(warnings, advice)
	}
	dir := filepath.Join(c.State, statedir.CertsFolder)
	authority, err := authorityOf(c)
	if err != nil {
		return warnings // there is none yet, or it is the owner's alone
	}
	if names := authority.Outside(identity.Names(c)); len(names) > 0 {
		warnings = append(warnings, fmt.Sprintf("certificate authority does not permit %s: "+OutsideAdvice, strings.Join(names, ", "), dir))
	}
	return warnings
}

// authorityOf reads the certificate of the authority as the owner of the state directory.
func authorityOf(c *config.Config) (a certs.Authority, err error) {
	err = statedir.AsOwner(c.State, func(state string) (err error) {
		a, err = certs.AuthorityOf(filepath.Join(state, statedir.CertsFolder))
		return err
	})
	return a, err
}

// Authority describes, in a line, the authority whose certificate mail clients install.
func Authority(c *config.Config) string {
	if c.TLS.Cert != "" {
		return "none of its own: tls.cert is " + c.TLS.Cert
	}
	dir := filepath.Join(c.State, statedir.CertsFolder)
	a, err := authorityOf(c)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "none yet: the first start makes it in " + dir
	case errors.Is(err, os.ErrPermission):
		return statedir.NoAccess(c.State, err).Error()
	case err != nil:
		return err.Error()
	}
	scope := "not constrained (made by release 1): its key can sign for every server of the Internet; to replace it, stop the server, remove all files in " +
		dir + ", start it, and install the new ca.crt on every device"
	if a.Constrained {
		scope = "constrained to " + strings.Join(a.Permitted, ", ")
	}
	return fmt.Sprintf("%q, SHA-256 %s, until %s, %s", a.Name, a.Fingerprint, a.Until.Format("2006-01-02"), scope)
}
