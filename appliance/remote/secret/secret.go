package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pillarbox/appliance/durable"
)

// A Secret is what one file holds.
type Secret struct {
	Incoming, Outgoing, Pin string   // for which it was given
	Password                string   // "": none was given
	Settings                []string // lines of TOML
	Grant                   *Grant   // nil: none was given
}

// Folder is the directory in the state directory.
const Folder = "remote"

const (
	first    = "pillarbox remote 1"
	mostFile = 64 << 10
)

// Fits reports whether the secret may be sent to servers.
func (s *Secret) Fits(incoming, outgoing, pin string) bool {
	return s.Incoming == incoming && s.Outgoing == outgoing && s.Pin == pin
}

// String returns the content of the file.
func (s *Secret) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nincoming %q\noutgoing %q\npin %q\nsecret %q\n", first, s.Incoming, s.Outgoing, s.Pin, s.Password)
	if s.Grant != nil {
		s.Grant.append(&b)
	}
	for _, line := range s.Settings {
		fmt.Fprintf(&b, "set %s\n", line)
	}
	return b.String()
}

// Parse reads the content of a file.
func Parse(text string) (*Secret, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != first {
		return nil, errText
	}
	s := &Secret{}
	places := map[string]*string{"incoming": &s.Incoming, "outgoing": &s.Outgoing, "pin": &s.Pin, "secret": &s.Password}
	grant := map[string]string{}
	for _, line := range lines[1:] {
		key, value, _ := strings.Cut(line, " ")
		if key == "set" {
			s.Settings = append(s.Settings, value)
			continue
		}
		to := places[key]
		text, err := strconv.Unquote(value)
		_, again := grant[key]
		switch {
		case err != nil || again:
			return nil, errText
		case to == nil:
			grant[key] = text
		default:
			*to = text
		}
		delete(places, key)
	}
	if len(places) > 0 {
		return nil, errText
	}
	var err error
	s.Grant, err = parseGrant(grant)
	return s, err
}

// ErrName is the error for a name that no account can have.
var ErrName = errors.New("it cannot be the name of a remote account: it is 1 to 64 of a-z, 0-9, dot, hyphen and underscore, does not begin with a dot or hyphen and does not end in .new")

// aside is the end of the name of the file that durable.Replace writes first.
const aside = ".new"

// pathOf returns the path of the file of an account. A name never leads out of the folder.
func pathOf(state, name string) (string, error) {
	usual := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
	if len(name) < 1 || len(name) > 64 || !usual || name[0] == '.' || name[0] == '-' || strings.HasSuffix(name, aside) {
		return "", fmt.Errorf("%q: %w", name, ErrName)
	}
	return filepath.Join(state, Folder, name), nil
}

// Load reads the file of an account in a state directory. The error is fs.ErrNotExist if there is
// none.
func Load(state, name string) (*Secret, error) {
	path, err := pathOf(state, name)
	if err != nil {
		return nil, err
	}
	text, err := durable.Read(path, mostFile)
	if err != nil {
		return nil, err
	}
	s, err := Parse(string(text))
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return s, nil
}

// Written returns when the file of an account was written.
func Written(state, name string) time.Time {
	path, err := pathOf(state, name)
	if err != nil {
		return time.Time{}
	}
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// Generation returns a text that changes when the file of an account is written, be it with the
// same content. A grant has the generation of its login: its refresh token changes by itself.
func Generation(state, name string) string {
	path, err := pathOf(state, name)
	if err != nil {
		return "none"
	}
	info, err := os.Stat(path)
	if err != nil {
		return "none"
	}
	if kept, err := Load(state, name); err == nil && kept.Grant != nil {
		return "login " + kept.Grant.Login
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// Save writes the file of an account, durably.
func Save(state, name string, s *Secret) error {
	path, err := pathOf(state, name)
	if err != nil {
		return err
	}
	if err := durable.MakeInside(filepath.Dir(path)); err != nil {
		return err
	}
	lock, err := durable.Lock(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer lock.Close()
	return durable.Replace(path, []byte(s.String()))
}

// Change reads the file of an account, and writes what change has made of it, durably. In the
// meantime no other process writes. An error of change is returned as it is, and the file stays.
func Change(state, name string, change func(*Secret) error) error {
	path, err := pathOf(state, name)
	if err != nil {
		return err
	}
	lock, err := durable.Lock(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer lock.Close()
	s, err := Load(state, name)
	if err != nil {
		return err
	}
	if err := change(s); err != nil {
		return err
	}
	return durable.Replace(path, []byte(s.String()))
}

// Remove removes the file of an account, durably, and what an interrupted Save has left of it.
func Remove(state, name string) error {
	path, err := pathOf(state, name)
	if err != nil {
		return err
	}
	folder, err := durable.Lock(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := os.Remove(path + aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return folder.Sync()
}

// Names returns the names of the accounts that have a file.
func Names(state string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(state, Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && !strings.HasSuffix(entry.Name(), aside) {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, err
}
