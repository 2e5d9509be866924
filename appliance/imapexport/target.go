package imapexport

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// A Target is a folder of an IMAP server.
type Target struct {
	Host, Port, User string
	Folder           string // in UTF-8, with the hierarchy separator of the server
	StartTLS         bool   // on a connection that begins without TLS
}

// ParseTarget parses imaps://USER@HOST[:PORT]/[FOLDER], or imap:// for STARTTLS. The folder is
// INBOX if there is none.
func ParseTarget(s string) (Target, error) {
	u, err := url.Parse(s)
	var wrong *url.Error
	if errors.As(err, &wrong) { // its text repeats the URL, which may have a password
		err = wrong.Err
	}
	if err != nil {
		return Target{}, fmt.Errorf("invalid URL: %w", err)
	}
	t := Target{Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Folder: strings.TrimPrefix(u.Path, "/")}
	_, password := u.User.Password()
	switch {
	case u.Scheme == "imap":
		t.StartTLS = true
	case u.Scheme != "imaps":
		return Target{}, errors.New("the URL has to begin with imaps:// (TLS) or imap:// (STARTTLS)")
	}
	switch {
	case password:
		return Target{}, errors.New("a password on the command line can be seen by every user: leave it out, and type it when the command prompts for it")
	case t.Host == "" || t.User == "":
		return Target{}, errors.New("the URL has to name a user and a host: imaps://USER@HOST/")
	case u.RawQuery != "" || u.Fragment != "":
		return Target{}, errors.New("the URL has something after the folder; write %3F for ? and %23 for #")
	case strings.ContainsAny(t.User+t.Folder, "\x00\r\n"):
		return Target{}, errors.New("the URL has a line end or a zero octet in it")
	}
	if t.Folder == "" {
		t.Folder = "INBOX"
	}
	if t.Port == "" {
		t.Port = map[bool]string{false: "993", true: "143"}[t.StartTLS]
	}
	return t, nil
}

func (t Target) address() string { return net.JoinHostPort(t.Host, t.Port) }
