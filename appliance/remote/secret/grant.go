package secret

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Grant is a consent of OAuth 2.0, which takes the place of a password. It is for one
// authorization server, whose address is a part of it: the configuration cannot have it sent to
// another one.
type Grant struct {
	Refresh        string // token
	Client, Secret string // the client that it was given to
	TokenURL, Pin  string // the server that it is for, and the SHA-256 of its certificate
	Fetch, Send    string // scopes of the two kinds of access tokens
	Login          string // drawn for each login
	Ended          string // why a new login is needed; "": it is not
	Ends           time.Time
	Header         bool // the secret of the client goes into the header
	Stays          bool // a refresh token stays valid when another one was sent
	Short          bool // it ended within a week from its beginning
	Told, Warned   bool // the owner has a message that the login has ended, or that it will
}

// Trouble returns why an account needs a new login, and the command; "" if it does not. A grant
// that is nil was never given. client is what the configuration names; "" for any.
func (g *Grant) Trouble(name, client string) string {
	why := ""
	switch {
	case g == nil:
		why = "it has no login by OAuth 2.0"
	case client != "" && client != g.Client:
		why = "its login was given to another client_id"
	case g.Ended != "":
		why = g.Ended
	default:
		return ""
	}
	return why + ": pillarbox remote login " + name
}

// values are the lines of a file about a grant, in their order.
func (g *Grant) values() [][2]string {
	ends := ""
	if !g.Ends.IsZero() {
		ends = strconv.FormatInt(g.Ends.Unix(), 10)
	}
	var flags []string
	for i, set := range g.flags() {
		if *set {
			flags = append(flags, flagNames[i])
		}
	}
	return [][2]string{
		{"refresh_token", g.Refresh}, {"client_id", g.Client}, {"client_secret", g.Secret}, {"token_url", g.TokenURL}, {"token_pin", g.Pin},
		{"fetch_scope", g.Fetch}, {"send_scope", g.Send}, {"login", g.Login}, {"ended", g.Ended}, {"ends", ends}, {"flags", strings.Join(flags, " ")},
	}
}

var flagNames = [...]string{"header", "stays", "short", "told", "warned"}

func (g *Grant) flags() [len(flagNames)]*bool {
	return [...]*bool{&g.Header, &g.Stays, &g.Short, &g.Told, &g.Warned}
}

func (g *Grant) append(b *strings.Builder) {
	for _, v := range g.values() {
		fmt.Fprintf(b, "%s %q\n", v[0], v[1])
	}
}

var errText = errors.New("it is not a file of a remote account; pillarbox remote login writes it again")

// parseGrant returns the grant of the values of a file, and nil if there is none.
func parseGrant(values map[string]string) (*Grant, error) {
	if len(values) == 0 {
		return nil, nil
	}
	g := &Grant{}
	texts := map[string]*string{
		"refresh_token": &g.Refresh, "client_id": &g.Client, "client_secret": &g.Secret, "token_url": &g.TokenURL, "token_pin": &g.Pin,
		"fetch_scope": &g.Fetch, "send_scope": &g.Send, "login": &g.Login, "ended": &g.Ended,
	}
	for name, to := range texts {
		*to = values[name]
	}
	if ends := values["ends"]; ends != "" {
		n, err := strconv.ParseInt(ends, 10, 64)
		if err != nil {
			return nil, errText
		}
		g.Ends = time.Unix(n, 0)
	}
	for word := range strings.FieldsSeq(values["flags"]) {
		for i, set := range g.flags() {
			*set = *set || flagNames[i] == word
		}
	}
	for _, v := range g.values() {
		if _, found := values[v[0]]; !found {
			return nil, errText
		}
		delete(values, v[0])
	}
	if len(values) > 0 || g.Refresh == "" || g.TokenURL == "" || g.Login == "" {
		return nil, errText
	}
	return g, nil
}
