package oauth

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/remote/flatjson"
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

// mostAnswer bounds an answer with its header, in octets.
const mostAnswer = 64 << 10

// Do sends one request over a connection that has TLS, and reads the answer. The connection is not
// used any more then.
func Do(conn io.ReadWriter, q Request) (Reply, error) {
	u, err := url.Parse(q.URL)
	if err != nil {
		return Reply{}, session.Errorf(session.Protocol, "%q is not an address", session.Printable(q.URL))
	}
	var b strings.Builder
	method := "GET"
	if q.Form != "" {
		method = "POST"
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nConnection: close\r\n", method, u.RequestURI(), u.Host)
	if q.User != "" {
		fmt.Fprintf(&b, "Authorization: Basic %s\r\n", base64.StdEncoding.EncodeToString([]byte(q.User+":"+q.Secret)))
	}
	if q.Form != "" {
		fmt.Fprintf(&b, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", len(q.Form))
	}
	b.WriteString("\r\n" + q.Form)
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return Reply{}, err
	}
	return read(conn)
}

// read reads an answer. What came before it (100 Continue, 103 Early Hints) is none.
func read(conn io.Reader) (Reply, error) {
	limited := &io.LimitedReader{R: conn, N: mostAnswer}
	in := bufio.NewReader(limited)
	for {
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return Reply{}, broken(limited, err)
		}
		if answer.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || limited.N <= 0 {
			return Reply{}, broken(limited, err)
		}
		r := Reply{Status: answer.StatusCode}
		if n, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && n > 0 {
			r.Wait = time.Duration(min(n, 86400)) * time.Second
		}
		if fields, err := flatjson.Fields(body); err == nil {
			r.Fields = fields
		}
		return r, nil
	}
}

// broken returns the error of an answer that was not read to its end: the line is at fault, or what
// came over it.
func broken(limited *io.LimitedReader, err error) error {
	if limited.N <= 0 {
		return session.Errorf(session.Protocol, "the answer of the provider is longer than %d octets", mostAnswer)
	}
	if e := session.As(err); e.Kind == session.Network || errors.Is(err, io.ErrUnexpectedEOF) {
		return e
	}
	return session.Errorf(session.Protocol, "the answer of the provider is not HTTP")
}
