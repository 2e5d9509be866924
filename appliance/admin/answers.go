package admin

import (
	"time"

	"pillarbox/appliance/listen"
)

// Health is the result of the health checks of a running server.
type Health struct {
	Well    bool          // all checks pass
	Device  string        // the watchdog that is fed; "none"
	Timeout time.Duration // of the device; 0: there is none
	Fed     time.Duration // how long ago
	Late    time.Duration // the latest feed since the start
	Up      time.Duration // since the start
	// Last is why the server, or the machine, was restarted before; "" if it was not.
	Last     string
	Degraded []string // what works less well, and is no reason to start again
	// Unreachable are the listeners that no client can reach. To start again would change nothing.
	Unreachable []string
	Checks      []CheckResult
}

// A CheckResult is the state of one health check.
type CheckResult struct {
	Name  string
	Holds bool
	Since time.Duration // how long it has passed without a break; 0 if it does not pass
	Age   time.Duration // of the last pass
	Took  time.Duration
	Fault string
}

// figures are the times and texts of a Health, by the names that they have in the stream and in
// JSON.
func (h *Health) figures() []figure {
	return []figure{
		{"device", nil, &h.Device},
		{"timeout", &h.Timeout, nil},
		{"fed", &h.Fed, nil},
		{"late", &h.Late, nil},
		{"up", &h.Up, nil},
		{"last", nil, &h.Last},
	}
}

type figure struct {
	name string
	time *time.Duration // nil for a text
	text *string
}

// A Setup is what a mail client needs to know of a server. No password is in it.
type Setup struct {
	Running     bool     // a server answered; otherwise the files were read
	Hostname    string   // of the server
	Domain      string   // of the addresses of its accounts
	Servers     []string // addresses and names under which clients reach it
	Fingerprint string   // SHA-256 of the certificate; "" before the first start
	// FirstLogin is the file with the first password; "" once its account has logged in.
	FirstLogin string
	Senders    []string // addresses that send to other servers, through a remote account
	Listeners  []listen.Address
}
