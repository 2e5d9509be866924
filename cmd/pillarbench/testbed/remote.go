package testbed

import (
	"fmt"
	"strings"

	"pillarbox/cmd/pillarbench/client"
)

// A Remote is an account at a provider on this machine. Its sender address is that of all messages,
// and its password that of all accounts.
type Remote struct {
	Name, Owner        string
	Fetch, After       string // as in the configuration
	Incoming, Outgoing int    // ports; Outgoing is 0 if it does not send
	Pin                string
}

// guestSMTPS is the port for clients that send through a remote account.
const guestSMTPS = 465

// host is this machine, as the guest reaches it.
const host = "10.0.2.2"

func (r *Remote) incoming() string { return fmt.Sprintf("%s:%d", host, r.Incoming) }

func (r *Remote) outgoing() string {
	if r.Outgoing == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d", host, r.Outgoing)
}

// secret returns the file of the state directory that has the password, which records the servers
// that it is for.
func (r *Remote) secret() string {
	return fmt.Sprintf("pillarbox remote 1\nincoming %q\noutgoing %q\npin %q\nsecret %q\n", r.incoming(), r.outgoing(), r.Pin, client.Password)
}

// withRemotes adds accounts to a configuration, and a port for clients that send through them.
// Nothing is fetched but by Fetch, or shortly after a start.
func withRemotes(config string, remotes []Remote) string {
	if len(remotes) == 0 {
		return config
	}
	config = strings.Replace(config, "listen_tls  = []", fmt.Sprintf(`listen_tls  = [":%d"]`, guestSMTPS), 1)
	for _, r := range remotes {
		address := r.Name + "@provider.example"
		if r.Outgoing != 0 {
			address = client.Sent
		}
		config += fmt.Sprintf(`
[remote.%s]
owner    = %q
address  = [%q]
user     = %q
fetch    = %q
every    = "24h"
since    = "all"
after    = %q
incoming = %q
outgoing = %q
pin      = %q
send     = %t
per_day  = 100000
`, r.Name, r.Owner, address, r.Name, r.Fetch, r.After, r.incoming(), r.outgoing(), r.Pin, r.Outgoing != 0)
	}
	return config
}
