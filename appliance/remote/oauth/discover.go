package oauth

import (
	"context"
	"strings"

	"pillarbox/appliance/remote/session"
)

// Discover fills in the addresses of a server that describes itself, by its issuer (OpenID Connect
// Discovery 1.0, RFC 8414). They all have the port of the issuer: the process that asks them later
// is confined to it.
func (c *Client) Discover(ctx context.Context, send Exchange, issuer string) error {
	reply, err := send(ctx, Request{URL: strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration", Pin: c.Pin})
	if err == nil {
		err = reply.fault()
	}
	if err != nil {
		return err
	}
	if strings.TrimSuffix(reply.Fields["issuer"], "/") != strings.TrimSuffix(issuer, "/") {
		return session.Errorf(session.Protocol, "%s describes another issuer, %s", issuer, session.Printable(reply.Fields["issuer"]))
	}
	_, want, err := Address(issuer)
	if err != nil {
		return err
	}
	for name, to := range map[string]*string{
		"token_endpoint": &c.Token, "authorization_endpoint": &c.Authorize, "device_authorization_endpoint": &c.Device,
	} {
		address := reply.Fields[name]
		if address == "" && name != "token_endpoint" {
			continue
		}
		_, port, err := Address(address)
		if err != nil {
			return err
		}
		if port != want {
			return session.Errorf(session.Protocol, "the %s of the issuer is at port %s; only that of the issuer, %s, can be used", name, port, want)
		}
		*to = address
	}
	return nil
}
