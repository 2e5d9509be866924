package appliance

import (
	"os"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
)

// sends sends through a server (OAUTH_OUTGOING: its address) whose only logins are tokens: a
// message, and another one when that server refuses the access token because it has expired.
func (o *oidc) sends() {
	outgoing := os.Getenv("OAUTH_OUTGOING")
	if outgoing == "" {
		o.t.Skip("OAUTH_OUTGOING names no server")
	}
	c := o.state(config.FetchIMAP, "public")
	r := c.Remote["anna-mail"]
	r.Send, r.Outgoing = true, outgoing
	c.Remote["anna-mail"] = r
	l, err := admin.BeginGrant(o.t.Context(), c, "anna-mail", nil, "public", "")
	if err != nil {
		o.t.Fatal(err)
	}
	defer l.Close()
	one, err := l.Consent()
	if err != nil {
		o.t.Fatal(err)
	}
	if n, err := l.Redeem(o.t.Context(), one, o.browse(one.URL, true)); n != 3 || err != nil {
		o.t.Fatal(n, err)
	}
	b := start(o.t, c, Options{})
	o.tell("asked")
	for n := range 2 { // an access token is got after the start, and another one after the refusal
		client := b.dial("smtp.listen_tls")
		client.must("EHLO laptop.lan", auth("anna"), "MAIL FROM:<anna@example.org>", "RCPT TO:<bob@example.net>", "DATA")
		client.content("From: anna@example.org\r\nSubject: out\r\n\r\n.dot\r\n")
		client.must(".", "QUIT")
		b.await("message sent", n+1)
		if got := o.tell("asked"); got != "refresh_token" {
			o.t.Errorf("message %d: asked for %q", n, got)
		}
		o.tell("later?s=3700") // the access token has expired, which pillarbox does not know
	}
}
