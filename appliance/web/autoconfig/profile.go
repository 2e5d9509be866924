package autoconfig

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// ProfileType is the media type of an Apple configuration profile. The name of the file has to end
// in .mobileconfig.
const ProfileType = "application/x-apple-aspen-config"

const plistType = `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` + "\n"

// identifier begins the identifiers of all profiles of this program; what follows it names the
// server.
const identifier = "net.pillarbox."

// A Profile is a configuration profile with the authority of a server, and with an account of it if
// there is one. It is not signed: that needs a certificate which the phone trusts already, and
// holds no password: a phone asks for it.
type Profile struct {
	Settings *Settings
	// Authority is the certificate of the authority in DER; nil if the server uses another one.
	Authority []byte
	// Account is whose mail is set up; nil for a profile of the authority alone.
	Account *Account
}

// Encode returns the profile as a property list. A profile that is installed again replaces the one
// before, because its identifiers depend on the authority and the account alone.
func (p *Profile) Encode() []byte {
	d := newDocument()
	d.b.WriteString(plistType)
	d.begin("plist", "version", "1.0")
	d.begin("dict")
	title, about := "pillarbox certificate authority", "Lets this device trust the mail server at home."
	if p.Account != nil {
		title, about = "Mail for "+p.Account.Address, "Sets up the account, and lets this device trust the mail server at home."
	}
	p.head(d, "Configuration", "profile", title)
	d.entry("PayloadDescription", about)
	d.text("key", "PayloadContent")
	d.begin("array")
	if p.Authority != nil {
		p.authority(d)
	}
	if p.Account != nil {
		p.mail(d)
	}
	return d.bytes()
}

// entry writes a key and its text.
func (d *document) entry(key, value string) {
	d.text("key", key)
	d.text("string", value)
}

func (d *document) entryNumber(key string, value int) {
	d.text("key", key)
	d.number("integer", value)
}

func (d *document) entryTrue(key string) {
	d.text("key", key)
	d.indent()
	d.b.WriteString("<true/>\n")
}

// head writes what every payload has.
func (p *Profile) head(d *document, kind, part, title string) {
	d.entry("PayloadType", kind)
	d.entryNumber("PayloadVersion", 1)
	sum := p.sum(part)
	d.entry("PayloadIdentifier", identifier+hex.EncodeToString(sum[:8])+"."+part)
	d.entry("PayloadUUID", uuid(sum))
	d.entry("PayloadDisplayName", title)
}

// sum returns what the identifiers of a part are made of.
func (p *Profile) sum(part string) [sha256.Size]byte {
	text := []string{hex.EncodeToString(p.Authority), part}
	if p.Account != nil && part != "authority" {
		text = append(text, p.Account.Name)
	}
	return sha256.Sum256([]byte(strings.Join(text, "\n")))
}

// uuid returns a UUID of version 8 (RFC 9562 §5.8).
func uuid(sum [sha256.Size]byte) string {
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	s := strings.ToUpper(hex.EncodeToString(sum[:16]))
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

func (p *Profile) authority(d *document) {
	d.begin("dict")
	p.head(d, "com.apple.security.root", "authority", "pillarbox certificate authority")
	d.entry("PayloadCertificateFileName", "pillarbox-ca.cer")
	d.text("key", "PayloadContent")
	d.text("data", base64.StdEncoding.EncodeToString(p.Authority))
	d.end()
}

// mail writes the account. There is no key for "leave messages on the server".
func (p *Profile) mail(d *document) {
	s, a := p.Settings, p.Account
	d.begin("dict")
	p.head(d, "com.apple.mail.managed", "mail", "Mail for "+a.Address)
	d.entry("EmailAccountType", "EmailTypePOP")
	d.entry("EmailAccountDescription", "pillarbox")
	d.entry("EmailAccountName", a.Name)
	d.entry("EmailAddress", a.Address)
	for _, row := range []struct {
		way  string
		list []Endpoint
	}{{"Incoming", s.Incoming}, {"Outgoing", s.Outgoing}} {
		d.entry(row.way+"MailServerAuthentication", "EmailAuthPassword")
		d.entry(row.way+"MailServerHostName", s.Host)
		d.entry(row.way+"MailServerUsername", a.Name)
		if e, ok := First(row.list); ok {
			d.entryNumber(row.way+"MailServerPortNumber", e.Port)
		}
		d.entryTrue(row.way + "MailServerUseSSL") // false is the default
	}
	d.entryTrue("OutgoingPasswordSameAsIncomingPassword")
	d.end()
}
