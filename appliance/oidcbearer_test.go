package appliance

import (
	"os"
	"strings"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
)

// bearer fetches by POP3 and IMAP from a server that offers OAUTHBEARER alone (OAUTH_BEARER: the
// addresses of both), also when the server refuses an access token that has expired.
func (o *oidc) bearer() {
	addresses := strings.Fields(os.Getenv("OAUTH_BEARER"))
	if len(addresses) != 2 {
		o.t.Skip("OAUTH_BEARER names no servers")
	}
	o.imaps, o.pop3s = addresses[0], addresses[1]
	for _, protocol := range []config.Protocol{config.FetchIMAP, config.FetchPOP3} {
		c := o.state(protocol, "public")
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
			o.t.Fatalf("%v: %d, %v", protocol, n, err)
		}
		b := start(o.t, c, Options{})
		o.collects(b, 3, 3)
		o.tell("asked")
		o.tell("later?s=3700") // Dovecot learns that the token has expired, pillarbox does not
		o.collects(b, 3, 0)
		if got := o.tell("asked"); got != "refresh_token" {
			o.t.Errorf("%v: an access token was refused, asked for %q", protocol, got)
		}
		b.stop()
	}
}
