package accounts

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"pillarbox/appliance/names"
)

// An Account is one line of the accounts file.
type Account struct {
	Name     string // folded: a-z, 0-9, dot, underscore, hyphen; 1 to 64 characters
	Verifier Verifier
	Mailbox  uint64 // the key of its mail in the spool, random, never 0
}

// A Table is the content of an accounts file. It is not changed after it is made, so several
// goroutines may use it.
type Table struct {
	lines  []line // as in the file, including comments
	byName map[string]int
}

// A line is an account, or a comment or an empty line if its account has no name.
type line struct {
	text    string
	account Account
}

// Errors of an edit.
var (
	ErrExists  = errors.New("an account of that name already exists")
	ErrUnknown = errors.New("no account of that name")
)

// Parse parses the text of an accounts file; file is its name in errors, which also contain the
// line number. All wrong lines are reported (errors.Join).
func Parse(file string, text []byte) (*Table, error) {
	t := &Table{byName: map[string]int{}}
	keys := map[uint64]string{}
	var problems []error
	number := 0
	for s := range strings.Lines(string(text)) {
		number++
		s = strings.TrimRight(s, "\r\n")
		if s == "" || s[0] == '#' {
			t.lines = append(t.lines, line{text: s})
			continue
		}
		a, err := parseAccount(s)
		if err == nil {
			if _, twice := t.byName[a.Name]; twice {
				err = fmt.Errorf("the account %q is defined twice", a.Name)
			} else if other, twice := keys[a.Mailbox]; twice {
				err = fmt.Errorf("%q has the mailbox key of %q; each account needs its own", a.Name, other)
			}
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", file, number, err))
			continue
		}
		t.byName[a.Name], keys[a.Mailbox] = len(t.lines), a.Name
		t.lines = append(t.lines, line{s, a})
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return t, nil
}

// parseAccount parses "name:verifier key". Its errors do not contain the line, because there is a
// secret in it.
func parseAccount(s string) (Account, error) {
	name, rest, ok := strings.Cut(s, ":")
	if !ok {
		return Account{}, errors.New(`the line is not "name:verifier key"`)
	}
	if err := names.CheckAccount(name); err != nil {
		return Account{}, err
	}
	text, key, ok := strings.Cut(rest, " ")
	if !ok {
		return Account{}, fmt.Errorf(`the account %q has no mailbox key; the line is not "name:verifier key"`, name)
	}
	v, err := parseVerifier(text)
	if err != nil {
		return Account{}, fmt.Errorf("the account %q: %w", name, err)
	}
	mailbox, err := strconv.ParseUint(key, 16, 64)
	if err != nil || len(key) != 16 || mailbox == 0 {
		return Account{}, fmt.Errorf("the account %q: the mailbox key must be 16 hexadecimal digits", name)
	}
	return Account{name, v, mailbox}, nil
}

// encode returns the text of the file.
func (t *Table) encode() []byte {
	var b strings.Builder
	for _, l := range t.lines {
		b.WriteString(l.text)
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// Accounts returns the accounts in the order of the file.
func (t *Table) Accounts() []Account {
	list := make([]Account, 0, len(t.byName))
	for _, l := range t.lines {
		if l.account.Name != "" {
			list = append(list, l.account)
		}
	}
	return list
}

// Lookup returns the account with a folded name.
func (t *Table) Lookup(name string) (Account, bool) {
	a, ok := t.Find(name)
	if !ok {
		return Account{}, false
	}
	return *a, true
}

// Find is Lookup that returns the account in the table, which must not be changed.
func (t *Table) Find(name string) (*Account, bool) {
	at, ok := t.byName[name]
	if !ok {
		return nil, false
	}
	return &t.lines[at].account, true
}

// Verify reports whether there is an account with that folded name and that password. It takes as
// long for an unknown name as for a wrong password.
func (t *Table) Verify(name, password string) bool {
	a, known := t.Lookup(name)
	if !known {
		a.Verifier = dummy
	}
	return a.Verifier.Verify(password) && known
}

// First returns the account that receives the mail of root and postmaster.
func (t *Table) First() (Account, bool) {
	for _, l := range t.lines {
		if l.account.Name != "" {
			return l.account, true
		}
	}
	return Account{}, false
}

// Add returns a table with one more account, with a new mailbox key.
func (t *Table) Add(name, password string) (*Table, error) {
	name = names.Fold(name)
	if err := CheckNewName(name); err != nil {
		return nil, err
	}
	if _, exists := t.byName[name]; exists {
		return nil, ErrExists
	}
	v, err := newVerifier(password)
	if err != nil {
		return nil, err
	}
	return t.with(len(t.lines), Account{name, v, t.newKey()}), nil
}

// AddVerified is Add for an account that already has a verifier. It accepts every name that Parse
// accepts.
func (t *Table) AddVerified(name string, v Verifier) (*Table, error) {
	if err := names.CheckAccount(name); err != nil {
		return nil, err
	}
	if _, exists := t.byName[name]; exists {
		return nil, ErrExists
	}
	return t.with(len(t.lines), Account{name, v, t.newKey()}), nil
}

// SetPassword returns a table in which the account has another password.
func (t *Table) SetPassword(name, password string) (*Table, error) {
	at, ok := t.byName[names.Fold(name)]
	if !ok {
		return nil, ErrUnknown
	}
	v, err := newVerifier(password)
	if err != nil {
		return nil, err
	}
	a := t.lines[at].account
	a.Verifier = v
	return t.with(at, a), nil
}

// Remove returns a table without the account. Its mail stays in the spool, without an owner.
func (t *Table) Remove(name string) (*Table, error) {
	at, ok := t.byName[names.Fold(name)]
	if !ok {
		return nil, ErrUnknown
	}
	lines := append(append([]line{}, t.lines[:at]...), t.lines[at+1:]...)
	return index(lines), nil
}

// with returns a table with a at line at, which may be one after the last.
func (t *Table) with(at int, a Account) *Table {
	lines := append([]line{}, t.lines...)
	text := fmt.Sprintf("%s:%s %016x", a.Name, a.Verifier.encode(), a.Mailbox)
	if at == len(lines) {
		lines = append(lines, line{})
	}
	lines[at] = line{text, a}
	return index(lines)
}

func index(lines []line) *Table {
	t := &Table{lines, map[string]int{}}
	for at, l := range lines {
		if l.account.Name != "" {
			t.byName[l.account.Name] = at
		}
	}
	return t
}

// newKey draws a mailbox key that no account of the table has.
func (t *Table) newKey() uint64 {
	for {
		var octets [8]byte
		rand.Read(octets[:])
		key := binary.BigEndian.Uint64(octets[:])
		taken := key == 0
		for _, l := range t.lines {
			taken = taken || l.account.Mailbox == key
		}
		if !taken {
			return key
		}
	}
}

// CheckNewName returns an error if a folded name is not valid for a new account. A name that begins
// with a dot or a hyphen is refused, because as a file name it is hidden, is the parent folder, or
// looks like an option. Existing accounts keep such names, see names.CheckAccount.
func CheckNewName(name string) error {
	if err := names.CheckAccount(name); err != nil {
		return err
	}
	if name[0] == '.' || name[0] == '-' {
		return fmt.Errorf("%.80q cannot be the name of a new account: it must not begin with a dot or a hyphen", name)
	}
	return nil
}
