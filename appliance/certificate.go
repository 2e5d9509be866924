package appliance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/certs"
	"pillarbox/appliance/clock"
	"pillarbox/appliance/config"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/statedir"
	"pillarbox/pop3/ktls"
)

// A certificate is what the server shows to clients.
type certificate struct {
	*certs.Ring
	pop3, smtp *tls.Config
	kernel     *ktls.Kernel // nil: crypto/tls makes all records

	log   *zap.Logger
	built time.Time
	now   func() time.Time
}

// open opens the certificate. One of the user's own may be readable by root alone, as the keys of
// acme and uhttpd are on a router: a server that never was root goes on with a certificate of its
// own.
func (own *certificate) open(c *config.Config, rights *statedir.Rights) error {
	open := func() (err error) {
		own.Ring, err = certs.Open(own.options(c))
		if err != nil && c.TLS.Cert != "" {
			err = admin.TLSError(c, err)
		}
		return err
	}
	err := error(nil)
	if c.TLS.Cert == "" {
		err = open()
	} else {
		err = rights.AsRoot(open)
	}
	// Nothing in the state directory is touched.
	if c.TLS.Cert != "" && errors.Is(err, os.ErrPermission) {
		own.log.Error("permission denied: tls.cert and tls.key cannot be read by this user, and the server uses a certificate of its own, which clients do not know: "+
			"give the user's group access to both files (chgrp, chmod 640)",
			zap.Int("uid", os.Geteuid()), zap.Int("gid", os.Getegid()), zap.String("cert", c.TLS.Cert), zap.String("key", c.TLS.Key))
		without := *c
		without.TLS.Cert, without.TLS.Key = "", ""
		c = &without
		err = open()
	}
	if err != nil {
		return err
	}
	own.pop3, own.smtp = own.Config("pop3"), own.Config("smtp")
	// crypto/tls sends the session ticket before the client has finished the handshake. libESMTP
	// then reads it in place of a reply and waits forever with its EHLO unsent.
	own.smtp.SessionTicketsDisabled = true
	if c.TLS.Kernel != config.KernelNever {
		own.openKernel(c.TLS.Kernel == config.KernelAlways)
	}
	return nil
}

// openKernel finds out whether the kernel can make TLS records. Most kernels of routers and of NAS
// boxes cannot, and miss nothing but speed.
func (own *certificate) openKernel(always bool) {
	kernel, err := ktls.New(own.pop3, always)
	if err != nil {
		own.log.Info("TLS of the kernel is not used", zap.Error(err))
		return
	}
	own.kernel = kernel
	own.log.Info("TLS of the kernel is used for large messages", zap.Stringer("suites", kernel))
}

// kernelFor returns what makes the TLS connections of POP3 under a configuration.
func (own *certificate) kernelFor(c *config.Config) *ktls.Kernel {
	if c.TLS.Kernel == config.KernelNever {
		return nil
	}
	return own.kernel
}

func (own *certificate) options(c *config.Config) certs.Options {
	return certs.Options{
		Dir:   filepath.Join(c.State, statedir.CertsFolder),
		Names: identity.Names(c),
		Cert:  c.TLS.Cert, Key: c.TLS.Key,
		Built: own.built, Now: own.now(),
	}
}

// noteOutside logs which names the certificate lacks: those of the configuration that the authority
// does not permit, and in a container all by which clients may know the machine.
func (own *certificate) noteOutside(c *config.Config) {
	if advice := identity.Unnamed(c); advice != "" {
		own.log.Warn(advice)
	}
	if names := own.Outside(); len(names) > 0 {
		own.log.Warn("certificate authority does not permit names of the configuration", zap.String("names", strings.Join(names, ", ")),
			zap.String("advice", fmt.Sprintf(admin.OutsideAdvice, filepath.Join(c.State, statedir.CertsFolder))))
	}
}

// renew renews the certificate when its time has come.
func (own *certificate) renew(by *clock.Clock) {
	renewed, err := own.Renew(by.Steady())
	if err != nil {
		own.log.Error("renewing the certificate failed", zap.Error(err))
	} else if renewed {
		own.log.Info("certificate renewed", zap.Time("until", own.Leaf().NotAfter), zap.String("sha256", own.Fingerprint()))
	}
}

// other returns what clients see if the certificate of the configuration is not in use.
func (own *certificate) other(c *config.Config) (said []string) {
	if c.TLS.Cert != "" && !own.IsUsers() {
		said = append(said, "clients see a certificate that they do not know, because tls.cert cannot be used: "+c.TLS.Cert)
	}
	return said
}
