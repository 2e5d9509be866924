package config

import (
	"os"
	"path/filepath"
	"strings"
)

// An Environment is what the machine adds to a configuration.
type Environment struct {
	Hostname string              // the host's name, as the kernel knows it
	UID      int                 // the user the program runs as
	Getenv   func(string) string // the environment variables
	Root     string              // in front of SystemFile; "" but in tests
}

// Machine returns the environment of this program.
func Machine() Environment {
	name, _ := os.Hostname() // without one the fallback of Complete holds
	return Environment{Hostname: name, UID: os.Geteuid(), Getenv: os.Getenv}
}

// fallbackName is the host name of a machine that has none.
const fallbackName = "pillarbox"

// homeDomain is the domain of home networks (RFC 8375); bare names get it.
const homeDomain = "home.arpa"

// Complete fills in what depends on the machine: the host's name, the state folder.
func (c *Config) Complete(env Environment) {
	if c.Hostname == "" {
		c.Hostname = machineName(env.Hostname)
	}
	if !strings.Contains(c.Hostname, ".") {
		c.Hostname += "." + homeDomain
	}
	if c.State == "" {
		c.State = stateFolder(env)
	}
	if c.Watchdog.Device == "" {
		c.Watchdog.Device = watchdogOf(env)
	}
}

// machineName makes a host name of what the kernel says. Names that no certificate or
// address can hold give way to the fallback, for they are nobody's mistake in a file.
func machineName(name string) string {
	name = fold(strings.TrimSuffix(name, "."))
	if checkDomain(name) != nil || name == "localhost" || strings.HasPrefix(name, "localhost.") {
		return fallbackName
	}
	if labels := strings.Split(name, "."); len(labels) > 1 && !isAlpha(labels[len(labels)-1]) {
		return fallbackName
	}
	return name
}

// watchdogOf returns what is fed when no file says it: systemd where its unit asks for that (WatchdogSec, sd_watchdog_enabled(3)), for
// it ends who does not; else nothing.
func watchdogOf(env Environment) string {
	if env.Getenv("WATCHDOG_USEC") != "" {
		return "systemd"
	}
	return "none"
}

// stateFolder returns where state is kept when no file says it: where the service
// manager wants it ($STATE_DIRECTORY, systemd.exec(5); the first of a list), the system's place for root,
// else the user's own place (XDG base directories).
func stateFolder(env Environment) string {
	if dirs := env.Getenv("STATE_DIRECTORY"); dirs != "" {
		first, _, _ := strings.Cut(dirs, ":")
		return first
	}
	if env.UID == 0 {
		return "/var/lib/pillarbox"
	}
	if xdg := env.Getenv("XDG_STATE_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "pillarbox")
	}
	if home := env.Getenv("HOME"); home != "" {
		return filepath.Join(home, ".local/state/pillarbox")
	}
	return "" // Validate says so
}
