package doctor

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// A Certificate is what is known of the one that clients see.
type Certificate struct {
	From, Until time.Time
	Hostname    string
	Names       []string     // DNS names in it
	Addrs       []netip.Addr // addresses in it
	Own         bool         // tls.cert is set
	Constrained bool         // the authority is
	Outside     []string     // names that the authority does not permit
}

// renewAt is when the server renews its own certificate, before its end.
const renewAt = 30 * 24 * time.Hour

// Check judges a certificate at a moment, for the addresses of the machine.
func (c *Certificate) Check(now time.Time, machine []netip.Addr) (all []Finding) {
	const check = "certificate"
	advice := "the server renews it by itself once the clock is right; pillarbox setup shows the new fingerprint"
	if c.Own {
		advice = "renew the files of tls.cert and tls.key"
	}
	switch {
	case now.After(c.Until):
		all = append(all, fail(check, "has expired on "+c.Until.Format(time.DateOnly), advice))
	case now.Before(c.From):
		all = append(all, fail(check, "is valid only from "+c.From.Format(time.DateOnly)+" on", "set the clock"))
	case c.Until.Sub(now) < renewAt && c.Own:
		all = append(all, warn(check, "expires on "+c.Until.Format(time.DateOnly), advice))
	}
	if !contains(c.Names, c.Hostname) {
		all = append(all, fail(check, "is not for "+c.Hostname, "set hostname to a name of the certificate, or have it issued again for that name"))
	}
	if len(c.Outside) > 0 {
		all = append(all, warn(check, "the authority does not permit "+strings.Join(c.Outside, ", "), "pillarbox check-config says what to do"))
	}
	if missing := lacking(machine, c.Addrs); len(missing) > 0 && !c.Own {
		all = append(all, warn(check, "is not for the address "+strings.Join(missing, ", "), "restart the server, or set up clients with a name"))
	}
	if !c.Own && !c.Constrained {
		all = append(all, warn(check, "the authority can sign for every server of the Internet (made by release 1)", "pillarbox check-config -print says how to replace it"))
	}
	if len(all) == 0 {
		all = append(all, ok(check, "is valid until "+c.Until.Format(time.DateOnly)))
	}
	return all
}

func contains(list []string, want string) bool {
	for _, one := range list {
		if strings.EqualFold(one, want) {
			return true
		}
	}
	return false
}

// lacking returns the private addresses of the machine that a certificate is not for.
func lacking(machine, in []netip.Addr) (missing []string) {
	for _, addr := range machine {
		found := !addr.IsPrivate()
		for _, one := range in {
			found = found || one == addr
		}
		if !found {
			missing = append(missing, addr.String())
		}
	}
	return missing
}

// Accounts judges names: admins are those of web.admins that have no account, dangling are aliases
// without a mailbox, odd are names of accounts that no new account may have.
func Accounts(count int, admins int, unknown, dangling, odd []string) (all []Finding) {
	const check = "accounts"
	if count == 0 {
		all = append(all, fail(check, "there is none", "pillarbox user add NAME"))
	}
	if len(unknown) > 0 {
		all = append(all, warn(check, "web.admins names accounts that do not exist: "+strings.Join(unknown, ", "), "correct web.admins"))
	}
	if admins == 0 && count > 0 {
		all = append(all, warn(check, "nobody may add people on the page", "set web.admins to the name of an account"))
	}
	if len(dangling) > 0 {
		all = append(all, warn(check, "aliases without a mailbox, for which mail is refused: "+strings.Join(dangling, ", "), "correct [aliases], or pillarbox user add NAME"))
	}
	if len(odd) > 0 {
		all = append(all, warn(check, "names that new accounts may not have: "+strings.Join(odd, ", "), "they work; spool export refuses them as names of files"))
	}
	if len(all) == 0 {
		all = append(all, ok(check, fmt.Sprintf("%d, of which %d may administer", count, admins)))
	}
	return all
}

// Plain judges mail clients that log in without TLS.
func Plain(devices []string) Finding {
	const check = "mail clients"
	if len(devices) == 0 {
		return ok(check, "none has logged in without TLS since the start")
	}
	return warn(check, "logged in without TLS: "+strings.Join(devices, ", "), "set them to SSL/TLS: pillarbox setup shows the ports")
}
