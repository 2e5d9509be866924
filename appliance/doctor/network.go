package doctor

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// patience is how long an address may take to answer.
const patience = 3 * time.Second

// A Listener is one of the server.
type Listener struct {
	Key      string // of the configuration
	Protocol string // "pop3", "smtp", "lmtp" or "http"
	Address  string // as in the configuration: ":110"
	Implicit bool   // TLS from the first byte
	Off      string // why it is closed; "": it is open
	Optional bool   // mail works without it
}

// greetings are what a server says first; HTTP waits for the client.
var greetings = map[string]string{"pop3": "+OK", "smtp": "220", "lmtp": "220"}

// Listeners connects to each listener on this machine, and looks for its greeting. lan is an
// address of the machine in its network; the zero Addr if it has none.
func Listeners(ctx context.Context, list []Listener, lan netip.Addr) (all []Finding) {
	for _, l := range list {
		name := "listener " + l.Key + " " + l.Address
		if l.Off != "" {
			f := fail(name, "is off: "+l.Off, "stop the other program, or set "+l.Key+" to another port; then reload the server")
			if l.Optional {
				f.Level = Warn
			}
			all = append(all, f)
			continue
		}
		all = append(all, answers(ctx, name, l, lan))
	}
	return all
}

// answers tries the addresses at which a listener is to be reached.
func answers(ctx context.Context, name string, l Listener, lan netip.Addr) Finding {
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil || strings.HasPrefix(l.Address, "unix:") {
		return ok(name, "is a local socket; it is not tried")
	}
	hosts := []string{host}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		hosts = []string{"127.0.0.1"}
		if lan.IsValid() {
			hosts = append(hosts, lan.String())
		}
	}
	for _, h := range hosts {
		if err := greeted(ctx, net.JoinHostPort(h, port), l); err != nil {
			return fail(name, fmt.Sprintf("does not answer at %s: %v", h, err),
				"look at the log of the server; a firewall of this machine may block the port")
		}
	}
	return ok(name, "answers at "+strings.Join(hosts, " and "))
}

func greeted(ctx context.Context, addr string, l Listener) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if l.Implicit {
		// Whether the certificate is right, another check says.
		secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		if err := secured.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS: %w", err)
		}
		conn = secured
	}
	want, speaks := greetings[l.Protocol]
	if !speaks {
		return nil
	}
	line, err := bufio.NewReaderSize(conn, 512).ReadString('\n')
	if err != nil {
		return fmt.Errorf("no greeting: %w", err)
	}
	if !strings.HasPrefix(line, want) {
		return fmt.Errorf("another program answers: %q", strings.TrimSpace(line))
	}
	return nil
}

// Name checks that the host name leads to this machine.
func Name(ctx context.Context, hostname string, own []netip.Addr, lookup func(context.Context, string) ([]netip.Addr, error)) Finding {
	const check = "host name"
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := lookup(ctx, hostname)
	if err != nil || len(found) == 0 {
		return warn(check, hostname+" is not known to the resolver of this machine: clients may not know it either",
			"add it to the DNS server of the network, or set up clients with the name that ends in .local, or with the address")
	}
	for _, addr := range found {
		if slices.Contains(own, addr.Unmap()) || addr.IsLoopback() {
			return ok(check, hostname+" leads to this machine")
		}
	}
	return fail(check, fmt.Sprintf("%s leads to %v, which is another machine", hostname, found),
		"correct the entry in the DNS server of the network, or set hostname to another name")
}

// Page checks where the web page is. configured reports that the configuration names the ports,
// as that of a package does: then it is not an accident that 80 is none of them.
func Page(list []Listener, configured bool) Finding {
	const check = "web page"
	var open []string
	standard := false
	for _, l := range list {
		if l.Protocol != "http" || l.Off != "" {
			continue
		}
		_, port, _ := net.SplitHostPort(l.Address)
		open = append(open, port)
		standard = standard || port == "80"
	}
	switch {
	case len(open) == 0:
		return warn(check, "no port is open: nobody can log in, and clients do not set themselves up",
			"set web.listen and web.listen_tls to free ports")
	case !standard && configured:
		return ok(check, "is served on port "+strings.Join(open, ", ")+", as configured; Thunderbird sets itself up only where port 80 is served, too")
	case !standard:
		return warn(check, "port 80 is not served (the page is on "+strings.Join(open, ", ")+"): Thunderbird does not set itself up",
			"free port 80, or set web.listen to it; where another program has it, set up clients by hand")
	}
	return ok(check, "is served on port "+strings.Join(open, ", "))
}

// Multicast says what is announced on the local network.
func Multicast(setting, name, reason string) Finding {
	const check = "multicast DNS"
	switch {
	case name != "":
		return ok(check, "announces "+name)
	case setting == "off":
		return ok(check, "is switched off (mdns)")
	case strings.Contains(reason, "another program"):
		return ok(check, reason)
	}
	return warn(check, "announces nothing: "+reason, "connect the network, or set mdns = \"off\"")
}
