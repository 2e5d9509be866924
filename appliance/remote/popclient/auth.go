package popclient

import (
	"encoding/base64"
	"errors"
	"strings"

	"pillarbox/appliance/remote/login"
	"pillarbox/appliance/remote/session"
)

// errNoWay is returned if the server has no login that fits.
func errNoWay(token bool) error {
	if token {
		return session.Errorf(session.Auth, "the server does not offer a login with OAuth 2.0")
	}
	return session.Errorf(session.Auth, "the server does not offer a login with a password")
}

// Login logs in by the best mechanism that the server announces, and with USER and PASS if it
// announces none.
func (c *Client) Login(l session.Login) error {
	if !c.secure {
		return session.Errorf(session.Certificate, "there is no TLS, so no login was sent")
	}
	announced := c.caps["SASL"]
	if m := login.Choose(l, announced); m != nil {
		return c.auth(m)
	}
	if l.Token && c.caps != nil {
		return errNoWay(true)
	}
	if l.Token { // CAPA was refused: the common mechanism is tried
		return c.auth(login.Choose(l, []string{"XOAUTH2"}))
	}
	if c.caps != nil && !c.has("USER") && len(announced) > 0 {
		return errNoWay(false)
	}
	return c.userPass(l)
}

func (c *Client) userPass(l session.Login) error {
	if strings.ContainsAny(l.User+l.Secret, "\r\n\x00") {
		return session.Errorf(session.Auth, "the user or the password has a line end in it")
	}
	if err := c.send("USER " + l.User); err != nil {
		return err
	}
	if _, err := c.reply("USER", true); err != nil {
		return err
	}
	if err := c.send("PASS " + l.Secret); err != nil {
		return err
	}
	_, err := c.reply("PASS", true)
	return err
}

// auth runs an exchange (RFC 5034), whose initial response waits for the first "+".
func (c *Client) auth(m login.Mechanism) error {
	name, response, err := m.Start()
	if err != nil {
		return err
	}
	if err := c.send("AUTH " + name); err != nil {
		return err
	}
	what := "AUTH " + name
	for {
		challenge, done, err := c.challenge(what)
		if done || err != nil {
			return login.Explain(m, err)
		}
		if response == nil {
			if response, err = m.Next(challenge); err != nil {
				return c.cancel(what, err)
			}
		}
		if err := c.send(base64.StdEncoding.EncodeToString(response)); err != nil {
			return err
		}
		response = nil
	}
}

// challenge reads "+ challenge", or the end of the exchange.
func (c *Client) challenge(what string) (challenge []byte, done bool, err error) {
	line, err := c.line()
	if err != nil {
		return nil, false, err
	}
	if rest, more := strings.CutPrefix(string(line), "+"); more && (rest == "" || rest[0] == ' ') {
		encoded := strings.TrimSpace(rest)
		challenge, err = base64.StdEncoding.DecodeString(encoded)
		if err != nil { // some servers have a text in the place of an empty challenge
			challenge = nil
		}
		return challenge, false, nil
	}
	if _, ok := cutStatus(line, "+OK"); ok {
		return nil, true, nil
	}
	rest, refused := cutStatus(line, "-ERR")
	if !refused {
		return nil, true, c.die(session.Errorf(session.Protocol, "%s: the server answered %q", what, session.Printable(string(line))))
	}
	return nil, true, session.Reply(what, responseCode(rest), string(rest), true)
}

// cancel ends an exchange that cannot go on (RFC 5034 §4).
func (c *Client) cancel(what string, reason error) error {
	if err := c.send("*"); err != nil {
		return err
	}
	_, _ = c.reply(what, true) // the server refuses, as it must
	var e *session.Error
	if errors.As(reason, &e) {
		return e
	}
	return session.Errorf(session.Auth, "%s: %v", what, reason)
}
