package appliance

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/identity"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/statedir"
)

// A firstStart makes the first account and shows its password once.
type firstStart struct {
	state    string
	terminal io.Writer // shows the text; if nil, a file has it
	log      *zap.Logger
	login    atomic.Bool // that file exists
}

// firstAccount is what a first start made: the password is known now and never again.
type firstAccount struct{ name, password string }

// openAccounts loads the accounts. When there is no file it is a first start: one account with a
// random password is made. An empty file is no first start: the accounts were removed.
func (f *firstStart) openAccounts(text func(*firstAccount) string) (*accounts.Table, *firstAccount, error) {
	path := filepath.Join(f.state, statedir.AccountsFile)
	_, err := os.Lstat(filepath.Join(f.state, statedir.FirstLoginFile))
	f.login.Store(err == nil)
	table, err := statedir.ReadAccounts(path, f.log)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return table, nil, err
	}
	first := &firstAccount{admin.FirstName, newPassword()}
	if f.terminal == nil { // before the account: a crash between the two makes a new password of both
		if err := durable.Replace(filepath.Join(f.state, statedir.FirstLoginFile), []byte(text(first))); err != nil {
			return nil, nil, err
		}
		f.login.Store(true)
	}
	table, err = accounts.Edit(path, func(t *accounts.Table) (*accounts.Table, error) {
		after, err := t.Add(first.name, first.password)
		if err != nil {
			return nil, err
		}
		// This comes before the accounts, after which no start is the first.
		account, _ := after.Lookup(first.name)
		return after, storeAdmin(f.state, account.Mailbox)
	})
	return table, first, err
}

// newPassword returns 80 random bits in letters and digits that are not mistaken for others:
// "k7dn-w3px-9qhm-2vtr".
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
func (f *firstStart) announce(first *firstAccount, text func(*firstAccount) string) error {
	if first == nil {
		return nil
	}
	if f.terminal == nil {
		f.log.Info("first start: address, password and servers are in this file until the first login", zap.String("file", filepath.Join(f.state, statedir.FirstLoginFile)))
		return nil
	}
	_, err := io.WriteString(f.terminal, text(first))
	return err
}

// firstBlock is everything that a mail client asks for, in one frame.
func firstBlock(c *config.Config, fingerprint string, open []listen.Address, first *firstAccount) string {
	u := admin.SetupOf(c)
	u.Fingerprint = fingerprint
	u.Listeners = open
	lines := []string{
		"pillarbox: first start. One account was made; its password is shown this once.",
		"",
		"Address       " + identity.AddressOf(c, first.name),
		"User name     " + first.name,
		"Password      " + first.password,
		"",
	}
	lines = append(lines, admin.SetupLines(u)...)
	return frame(append(lines,
		"",
		"Next          pillarbox user passwd "+first.name+"     a password of your own",
		"              pillarbox user add NAME        an account for each of the family",
		"              pillarbox setup                all of this again, without the password",
	))
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

// used removes the file with the first password once its account has logged in.
func (f *firstStart) used(user string, table *accounts.Table) {
	if !f.login.Load() {
		return
	}
	first, ok := table.First()
	if !ok || first.Name != user || !f.login.CompareAndSwap(true, false) {
		return
	}
	path := filepath.Join(f.state, statedir.FirstLoginFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		f.log.Error("removing the file with the first password failed: remove it by hand", zap.String("file", path), zap.Error(err))
		return
	}
	f.log.Info("file with the first password removed after the first login", zap.String("file", path), zap.String("user", user))
}

const mostAdmin = 4 << 10

// storeAdmin stores who administers the page where the configuration does not say it: the account
// that the first start made, by its mailbox key, so that no later account of the same name inherits
// that. A state directory of release 1 has no such file.
func storeAdmin(state string, key uint64) error {
	text := fmt.Sprintf("# Mailbox key of the account that administers the page unless web.admins is set.\n%016x\n", key)
	return durable.Replace(filepath.Join(state, statedir.AdminFile), []byte(text))
}

// loadAdmin returns the key; 0 if nobody is administrator by default.
func loadAdmin(state string, log *zap.Logger) (key uint64) {
	text, err := durable.Read(filepath.Join(state, statedir.AdminFile), mostAdmin)
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				key, err = strconv.ParseUint(line, 16, 64)
			}
		}
	}
	if err != nil {
		log.Warn("reading who administers the page failed: set web.admins", zap.Error(err))
	}
	return key
}
