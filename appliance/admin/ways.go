package admin

import (
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/config"
	"pillarbox/appliance/confine"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/sendmail"
	"pillarbox/appliance/statedir"
)

// Ways returns the addresses where a program on this machine reaches the server without a login,
// the best first: the LMTP sockets, whose directory belongs to the server, then LMTP and SMTP on
// TCP. The standard ports are known by the state directory; without access to it they are guessed.
func Ways(c *config.Config) []sendmail.Way {
	var sockets, ways []sendmail.Way
	for _, addr := range c.SMTP.ListenLMTP {
		if path, socket := strings.CutPrefix(addr, "unix:"); socket {
			sockets = append(sockets, sendmail.Way{Network: "unix", Address: path, LMTP: true})
			continue
		}
		ways = append(ways, dialable(addr, true)...)
	}
	ways = append(sockets, ways...)
	if c.SMTP.RequireAuth == config.DemandAlways {
		return ways
	}
	if c.SMTP.Listen == nil {
		return append(ways, standardWays(c.State)...)
	}
	for _, addr := range c.SMTP.Listen {
		_, port, _ := net.SplitHostPort(addr)
		number, _ := strconv.Atoi(port) // the configuration is valid
		if c.SMTP.RequireAuth == config.DemandNever || !config.Submission(number, false) {
			ways = append(ways, dialable(addr, false)...)
		}
	}
	return ways
}

// ServerUsers returns the ids of the users that the server may run as, for sendmail to compare:
// root, the owner of the state directory, and service.user. A caller that is not root gets nil,
// because it may not know the configuration.
func ServerUsers(c *config.Config) []int {
	if os.Geteuid() != 0 {
		return nil
	}
	users := []int{0}
	if info, err := os.Stat(c.State); err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			users = append(users, int(stat.Uid))
		}
	}
	if c.Service.User != "" {
		if id, err := confine.Lookup(c.Service.User); err == nil {
			users = append(users, id.UID)
		}
	}
	return users
}

// standardWays returns the ways to port 25, or to the port that was chosen in its place.
func standardWays(state string) []sendmail.Way {
	var chosen listen.Ports
	err := statedir.AsOwner(state, func(state string) (err error) {
		chosen, err = listen.LoadPorts(state)
		return err
	})
	if err == nil && chosen[25] != 0 {
		return dialable(":"+strconv.Itoa(chosen[25]), false)
	}
	ways := append(dialable(":25", false), dialable(":"+strconv.Itoa(listen.StandardPorts[25]), false)...)
	for i := range ways {
		ways[i].Guessed = true
	}
	return ways
}

// dialable returns the addresses where a listener at addr is reached from this machine: none if its
// port is known only once it listens.
func dialable(addr string, lmtp bool) (ways []sendmail.Way) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || port == "0" {
		return nil
	}
	hosts := []string{host}
	switch host {
	case "", "::":
		hosts = []string{"127.0.0.1", "::1"}
	case "0.0.0.0":
		hosts = []string{"127.0.0.1"}
	}
	for _, host := range hosts {
		ways = append(ways, sendmail.Way{Network: "tcp", Address: net.JoinHostPort(host, port), LMTP: lmtp})
	}
	return ways
}
