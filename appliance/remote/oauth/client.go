package oauth

import (
	"context"
	"net/url"
	"time"

	"pillarbox/appliance/remote/session"
)

// A Client is a program that is registered at an authorization server.
type Client struct {
	ID, Secret string // the latter "" if it has none
	// Header sends the secret in the header of a request (RFC 6749 §2.3.1), otherwise in its body.
	Header                   bool
	Device, Authorize, Token string // addresses of the server
	Redirect                 string // where the browser is sent after a consent
	Pin                      string // SHA-256 of the certificate of the server; "": the system's roots
}

// A Request is one request to an authorization server.
type Request struct {
	URL          string
	Form         string // the body; "": GET
	User, Secret string // for the header; "": none
	Pin          string
}

// A Reply is what the server answered.
type Reply struct {
	Status int               // of HTTP
	Wait   time.Duration     // Retry-After
	Fields map[string]string // of the JSON object; nil: the body is none
}

// An Exchange sends a request to a server, and returns its answer.
type Exchange func(ctx context.Context, q Request) (Reply, error)

// post sends a form to an address.
func (c *Client) post(ctx context.Context, send Exchange, address string, form url.Values) (Reply, error) {
	q := Request{URL: address, Pin: c.Pin}
	form.Set("client_id", c.ID)
	switch {
	case c.Secret != "" && c.Header:
		q.User, q.Secret = url.QueryEscape(c.ID), url.QueryEscape(c.Secret)
	case c.Secret != "":
		form.Set("client_secret", c.Secret)
	}
	q.Form = form.Encode()
	return send(ctx, q)
}

// Address returns the host and port of an https address.
func Address(address string) (host, port string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", "", session.Errorf(session.Protocol, "%q is not an address that begins with https://", session.Printable(address))
	}
	port = u.Port()
	if port == "" {
		port = "443"
	}
	return u.Hostname(), port, nil
}
