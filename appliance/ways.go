package appliance

import (
	"net"
	"strconv"
	"strings"

	"pillarbox/appliance/config"
	"pillarbox/appliance/sendmail"
)

// Ways returns how a program on this machine reaches the box without a login, the best way first: by the sockets for
// LMTP, which only the box can have made, then by LMTP and SMTP on its own addresses. It knows the standard ports by the state folder; who may not
// read that gets them as guesses.
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

// standardWays leads to port 25, or to what was chosen in its place.
func standardWays(state string) []sendmail.Way {
	if chosen, err := loadPorts(state); err == nil && chosen[25] != 0 {
		return dialable(":"+strconv.Itoa(chosen[25]), false)
	}
	ways := append(dialable(":25", false), dialable(":"+strconv.Itoa(standardPorts[25]), false)...)
	for i := range ways {
		ways[i].Guessed = true
	}
	return ways
}

// dialable returns where somebody who listens at addr is reached from this machine: nowhere when the port is not known
// before it listens.
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
