package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/provider"
)

// readSecret asks for a password once on a terminal; otherwise it takes one line of standard input.
// Google shows app passwords in groups, which the spaces are no part of.
func readSecret(c *call, prompt string) (string, error) {
	if !isTerminal(c.stdin) {
		return readLine(c.stdin)
	}
	return askSecret(c.stdin, c.stderr, prompt+": ")
}

func loginRemote(c *call, o *options) error {
	on, err := find(o.config)
	if err != nil {
		return err
	}
	name := c.args[0]
	r, ok := admin.WithRemotes(on, func(string, error) {}).Remote[name]
	if !ok {
		return fmt.Errorf("%q is no remote account: pillarbox remote add %s, or a table [remote.%s] in the configuration", name, name, name)
	}
	var messages int
	if r.OAuth() {
		messages, err = loginByGrant(c, o, on, name, nil, &r)
	} else {
		var password string
		if password, err = providerPassword(c, &r); err != nil {
			return err
		}
		messages, err = admin.LoginRemote(context.Background(), on, name, password)
	}
	var refused *admin.RefusedReload
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	fmt.Fprintf(c.stdout, "%s: the provider accepts the login; %d messages are there\n", name, messages)
	showNeeds(c, on, name)
	return err
}

// providerPassword asks for a password of an account at a provider.
func providerPassword(c *call, r *config.Remote) (string, error) {
	p := r.At()
	if p != nil && p.Advice != "" && isTerminal(c.stdin) {
		fmt.Fprintf(c.stderr, "%s: %s\n", r.Provider, p.Advice)
	}
	password, err := readSecret(c, "password of "+r.User+" at the provider")
	if err == nil && p != nil && p.Password == provider.App && strings.Contains(password, " ") {
		password = strings.ReplaceAll(password, " ", "")
		fmt.Fprintln(c.stderr, "the spaces in the app password were left out")
	}
	return password, err
}

// showNeeds shows what a server that runs needs before it fetches.
func showNeeds(c *call, on *config.Config, name string) {
	if needs := admin.RemoteNeeds(on, name); needs != "" {
		fmt.Fprintf(c.stdout, "Before mail is fetched: %s\n", needs)
	}
}

// pasteFlag chooses the pasted address in the place of a code.
const pasteFlag = "log in by OAuth 2.0 with an address that is pasted, in place of a code that is entered at the provider"

// loginByGrant logs in by OAuth 2.0: the user consents in a browser, on any machine. Without a
// terminal the secret of the client is the first line of standard input, and a pasted address the
// next.
func loginByGrant(c *call, o *options, on *config.Config, name string, lines []string, r *config.Remote) (messages int, err error) {
	ctx := context.Background()
	id, err := clientID(c, r)
	if err != nil {
		return 0, err
	}
	clientSecret, err := askClientSecret(c)
	if err != nil {
		return 0, err
	}
	login, err := admin.BeginGrant(ctx, on, name, lines, id, clientSecret)
	if err != nil {
		return 0, err
	}
	defer login.Close()
	if login.Devices() && !o.paste {
		messages, err = byCode(ctx, c, login)
	} else {
		messages, err = byAddress(ctx, c, login)
	}
	if ends := login.Ends(); err == nil && !ends.IsZero() {
		fmt.Fprintf(c.stdout, "The provider ends this login on %s; the owner gets a message before that.\n", ends.Local().Format("2006-01-02"))
	}
	return messages, err
}

// clientID returns the client of the configuration, or asks for one.
func clientID(c *call, r *config.Remote) (string, error) {
	if r.ClientID != "" {
		return r.ClientID, nil
	}
	if !isTerminal(c.stdin) {
		return "", fmt.Errorf("the id of an OAuth client is missing: set client_id; OPERATIONS.md says where it comes from")
	}
	fmt.Fprint(c.stderr, "id of your OAuth client at the provider: ")
	id, err := lineOf(c.stdin)
	if err == nil && id == "" {
		err = errors.New("without a client there is no login; OPERATIONS.md says where it comes from")
	}
	return id, err
}

// askClientSecret asks for the secret of the client, which may be empty.
func askClientSecret(c *call) (string, error) {
	if isTerminal(c.stdin) {
		text, err := askSecret(c.stdin, c.stderr, "secret of the client, empty if it has none: ")
		if errors.Is(err, errNoLine) {
			err = nil
		}
		return text, err
	}
	return lineOf(c.stdin)
}

// byCode is the device grant.
func byCode(ctx context.Context, c *call, login *admin.GrantLogin) (int, error) {
	d, err := login.StartDevice(ctx)
	if err != nil {
		return 0, fmt.Errorf("%w; -paste logs in without a code", err)
	}
	fmt.Fprintf(c.stdout, "Open this address in a browser, on any machine, and enter the code:\n\n    %s\n    %s\n\n", d.Address, d.Code)
	if d.Whole != "" {
		fmt.Fprintf(c.stdout, "or the address with the code in it:\n\n    %s\n\n", d.Whole)
	}
	fmt.Fprintf(c.stdout, "This waits until you have consented, at most until %s.\n", d.Until().Local().Format(time.TimeOnly))
	return login.WaitDevice(ctx, d)
}

// byAddress is the pasted address.
func byAddress(ctx context.Context, c *call, login *admin.GrantLogin) (int, error) {
	one, err := login.Consent()
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(c.stdout, "Open this address in a browser, on any machine, and consent:\n\n    %s\n\n"+
		"The browser then goes to a page that cannot be opened. Copy the whole address of that page,\nwhich has code= in it, and paste it here.\n", one.URL)
	if isTerminal(c.stdin) {
		fmt.Fprint(c.stderr, "address: ")
	}
	pasted, err := lineOf(c.stdin)
	if err != nil {
		return 0, errors.New("no address was pasted; nothing was changed")
	}
	return login.Redeem(ctx, one, pasted)
}

// lineOf reads a line that may be empty. Nothing behind it is read, because a terminal is asked for
// a secret by its descriptor.
func lineOf(from *os.File) (string, error) {
	text, err := readLine(from)
	if errors.Is(err, errNoLine) {
		err = nil
	}
	return strings.TrimSpace(text), err
}
