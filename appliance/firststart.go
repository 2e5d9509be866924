package appliance

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/certs"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/logbook"
)

// firstName is the account that a first start makes; it gets the mail of root and postmaster.
const firstName = "mail"

// firstAccount is what a first start made: the password is known now and never again.
type firstAccount struct{ name, password string }

// openAccounts loads the accounts. When there is no file it is a first start: one account with a random
// password is made. An empty file is no first start: somebody took the accounts away.
func (a *Appliance) openAccounts() (*accounts.Table, *firstAccount, error) {
	path := filepath.Join(a.state, accountsFile)
	_, err := os.Stat(filepath.Join(a.state, firstLoginFile))
	a.firstLogin.Store(err == nil)
	table, err := accounts.Load(path)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return table, nil, err
	}
	first := &firstAccount{firstName, newPassword()}
	if a.opts.Terminal == nil { // before the account: a crash between the two makes a new password of both
		if err := durable.Replace(filepath.Join(a.state, firstLoginFile), []byte(a.firstBlock(first))); err != nil {
			return nil, nil, err
		}
		a.firstLogin.Store(true)
	}
	table, err = accounts.Edit(path, func(t *accounts.Table) (*accounts.Table, error) {
		return t.Add(first.name, first.password)
	})
	return table, first, err
}

// newPassword returns 80 random bits in letters and digits that look like no others: "k7dn-w3px-9qhm-2vtr".
func newPassword() string {
	const alphabet = "abcdefghijkmnpqrstuvwxyz23456789" // 32 of them: no l, no o, no 0, no 1
	var octets [16]byte
	rand.Read(octets[:]) // never fails (crypto/rand)
	var b strings.Builder
	for i, o := range octets {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[o%32])
	}
	return b.String()
}

// announce shows a first start.
func (a *Appliance) announce(first *firstAccount) error {
	if first == nil {
		return nil
	}
	if a.opts.Terminal == nil {
		a.log.Info("first start: address, password and servers are in a file until the first login", logbook.String("file", filepath.Join(a.state, firstLoginFile)))
		return nil
	}
	_, err := io.WriteString(a.opts.Terminal, a.firstBlock(first))
	return err
}

// firstBlock is everything that a mail program asks for, in one frame.
func (a *Appliance) firstBlock(first *firstAccount) string {
	servers := a.servers()
	fingerprint := a.ring.Fingerprint()
	half := len(fingerprint) / 2
	lines := []string{
		"pillarbox: first start. One account was made; its password is shown this once.",
		"",
		"Address       " + AddressOf(a.boot, first.name),
		"User name     " + first.name,
		"Password      " + first.password,
		"",
		"Server        " + servers[0],
	}
	for _, other := range servers[1:] {
		lines = append(lines, "              or "+other)
	}
	lines = append(lines, a.portLines()...)
	lines = append(lines,
		"Certificate   its SHA-256, to compare when a mail program asks:",
		"              "+fingerprint[:half+1],
		"              "+fingerprint[half+1:],
		"",
		"Next          pillarbox user passwd "+first.name+"     a password of your own",
		"              pillarbox user add NAME        an account for each of the family",
		"              pillarbox check-config         before a change of the configuration",
	)
	return frame(lines)
}

// portLines say which ports the mail program needs, those with TLS from the first byte before the others.
func (a *Appliance) portLines() (lines []string) {
	for _, row := range []struct {
		label       string
		key, keyTLS string
		word        string
		plainPortOf func([]int) int
	}{
		{"Incoming      POP3, ", "pop3.listen", "pop3.listen_tls", "STARTTLS", first},
		{"Outgoing      SMTP, ", "smtp.listen", "smtp.listen_tls", "STARTTLS", last},
	} {
		var ways []string
		if ports := a.portsOf(row.keyTLS); len(ports) > 0 {
			ways = append(ways, fmt.Sprintf("port %d with SSL/TLS", first(ports)))
		}
		if ports := a.portsOf(row.key); len(ports) > 0 {
			ways = append(ways, fmt.Sprintf("port %d with %s", row.plainPortOf(ports), row.word))
		}
		if len(ways) > 0 {
			lines = append(lines, row.label+strings.Join(ways, ", or "))
		}
	}
	return append(lines, "              (for mail inside of the house; to others by your provider's server)")
}

func first(ports []int) int { return ports[0] }
func last(ports []int) int  { return ports[len(ports)-1] }

func (a *Appliance) portsOf(key string) (ports []int) {
	for _, l := range a.listeners {
		if l.key == key {
			ports = append(ports, l.port())
		}
	}
	return ports
}

// servers are the names that a mail program in the house may reach the box by: private addresses always work.
func (a *Appliance) servers() []string {
	var found []string
	for _, addr := range certs.NamesOf(a.boot.Hostname, certs.Addresses()).Addrs {
		if addr.Is4() {
			found = append(found, addr.String())
		}
	}
	if len(found) == 0 {
		found = append(found, netip.AddrFrom4([4]byte{127, 0, 0, 1}).String())
	}
	return append(found[:min(len(found), 3)], a.boot.Hostname+" where the network knows that name")
}

// frame draws a box around lines.
func frame(lines []string) string {
	width := 0
	for _, line := range lines {
		width = max(width, utf8.RuneCountInString(line))
	}
	edge := "+" + strings.Repeat("-", width+4) + "+\n"
	var b strings.Builder
	b.WriteString(edge)
	for _, line := range lines {
		fmt.Fprintf(&b, "|  %-*s  |\n", width, line)
	}
	b.WriteString(edge)
	return b.String()
}
