package appliance

import (
	"context"
	"strings"
	"time"

	"pillarbox/appliance/remote/grant"
)

// openGrants makes what keeps the logins by OAuth 2.0.
func openGrants(m *collecting) *grants {
	g := &grants{program: m.sending.program}
	g.Keeper = grant.Keeper{
		State: m.state, Send: g.exchange, Tell: m.sending.tellGrant, Log: m.log,
		Clock: func() (time.Time, bool) {
			_, trusted := m.Clock.Today()
			return m.Clock.Now(), trusted
		},
	}
	return g
}

// tellGrant leaves a message for the owner of a remote account whose login has ended, or will.
func (s *sending) tellGrant(ctx context.Context, n grant.Notice) error {
	in := s.rules()
	r := in.config.Remote[n.Account]
	subject, lines := n.Text(strings.Join(r.Address, ", "))
	host := in.config.Hostname
	text := strings.Join(append([]string{
		"From: Mail server <postmaster@" + host + ">", "To: <" + r.Owner + "@" + host + ">", "Date: " + s.now().Format(time.RFC1123Z),
		"Subject: " + subject, "Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: 8bit", "",
	}, append(lines, "")...), "\r\n")
	return s.deliver(ctx, r.Owner, []byte(text))
}
