package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/names"
)

// An Environment is what the machine adds to a configuration.
type Environment struct {
	Hostname string              // the host's name, from the kernel
	UID      int                 // the user the program runs as
	Getenv   func(string) string // the environment variables
	Root     string              // prefix of SystemFile and SystemState; "" except in tests
	Serving  bool                // the program is the server, not a command that looks for it

	// Variables are all environment variables, as NAME=VALUE, to find misspelt ones; nil if not
	// known.
	Variables []string
}

// Machine returns the environment of this program.
func Machine() Environment {
	name, _ := os.Hostname() // without one the fallback of Complete holds
	return Environment{Hostname: name, UID: os.Geteuid(), Getenv: os.Getenv, Variables: os.Environ()}
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
		c.State, c.personal = stateFolder(env)
	}
	if c.Watchdog.Device == "" {
		c.Watchdog.Device = watchdogOf(env)
	}
	switch env.Getenv("container") { // our image sets it, and so does podman
	case "oci", "docker", "podman":
		c.contained = true
	}
}

// machineName returns the host name for a name from the kernel. A name that no certificate or
// address can contain is replaced by the fallback, because it is not a mistake in a file.
func machineName(name string) string {
	name = names.Fold(strings.TrimSuffix(name, "."))
	if checkDomain(name) != nil || name == "localhost" || strings.HasPrefix(name, "localhost.") {
		return fallbackName
	}
	if labels := strings.Split(name, "."); len(labels) > 1 && !isAlpha(labels[len(labels)-1]) {
		return fallbackName
	}
	return name
}

// watchdogOf returns the watchdog when no file names one: systemd if its unit enables it
// (WatchdogSec, sd_watchdog_enabled(3)), because it would end the program otherwise; else none.
func watchdogOf(env Environment) string {
	if env.Getenv("WATCHDOG_USEC") != "" {
		return "systemd"
	}
	return "none"
}

// SystemState is the state directory of a server that the system starts.
const SystemState = "/var/lib/pillarbox"

// stateFolder returns the state directory when no file names one, and whether it is the user's own
// (XDG base directories). The service manager comes first ($STATE_DIRECTORY, systemd.exec(5); the
// first of a list). A user that is not root has a directory of its own only for a server of its
// own: if that has never run, a command means the server of the system, if there is one.
func stateFolder(env Environment) (dir string, personal bool) {
	if dirs := env.Getenv("STATE_DIRECTORY"); dirs != "" {
		first, _, _ := strings.Cut(dirs, ":")
		return first, false
	}
	system := filepath.Join(env.Root, SystemState)
	if env.UID == 0 {
		return system, false
	}
	info, err := os.Stat(system)
	if err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) == env.UID {
			return system, false // sudo -u pillarbox
		}
	}
	own := ownState(env)
	if err == nil && !env.Serving && !Served(own) {
		return system, false
	}
	return own, true
}

// Served reports whether a server has run with a state directory. Accounts alone do not show it:
// release 1 added them for any user.
func Served(state string) bool {
	_, err := os.Lstat(filepath.Join(state, "spool"))
	return err == nil
}

// ownState is the state directory of a user's own server, "" if the user has no home.
func ownState(env Environment) string {
	if xdg := env.Getenv("XDG_STATE_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "pillarbox")
	}
	if home := env.Getenv("HOME"); home != "" {
		return filepath.Join(home, ".local/state/pillarbox")
	}
	return "" // Validate reports it
}

// variablePrefix is what the environment variables begin with that stand in for keys: tls.names is
// PILLARBOX_TLS_NAMES.
const variablePrefix = "PILLARBOX_"

// variableOf returns the environment variable for a key that is not in the file. The free names of
// [aliases] and of [retention.accounts] have none.
func variableOf(key string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// fillVariables stores the values of environment variables in c, and notes from which keys they
// come. written are the keys of the file, which come first, as they do for $STATE_DIRECTORY: an
// image brings defaults of its own, and a file may change them. An empty variable is one that is
// not set, because a compose file cannot leave one out.
func (c *Config) fillVariables(env Environment, written map[string]span) (problems []Problem) {
	kinds := c.values()
	for _, k := range c.keys() {
		name := variableOf(k.name)
		text := strings.TrimSpace(env.Getenv(name))
		if _, inFile := written[k.name]; inFile || text == "" {
			continue
		}
		if c.variables == nil {
			c.variables = map[string]string{}
		}
		c.variables[k.name] = name
		if err := k.set(variableValue(kinds[k.name], text)); err != nil {
			problems = append(problems, Problem{Key: k.name, Variable: name, Text: err.Error()})
		}
	}
	return append(problems, misspelt(env.Variables, c.keys())...)
}

// variableValue reads a variable as the TOML value that a key of that kind expects. A list is
// written as its parts with commas or spaces between, and an empty one as [].
func variableValue(kind any, text string) any {
	switch kind.(type) {
	case []string:
		parts := []any{}
		if text == "[]" {
			return parts
		}
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
			parts = append(parts, part)
		}
		return parts
	case bool:
		if text == "true" || text == "false" {
			return text == "true"
		}
	case int:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return text
}

// misspelt reports variables whose names are nearly those of keys. Others are left alone:
// Kubernetes, for one, sets PILLARBOX_SERVICE_HOST for a service of that name, and for one that is
// named pillarbox-tls PILLARBOX_TLS_PORT, to "tcp://10.0.0.1:995".
func misspelt(variables []string, table []key) (problems []Problem) {
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, variablePrefix) || strings.HasPrefix(value, "tcp://") {
			continue
		}
		best, distance := "", 3
		for _, k := range table {
			if d := edits(name, variableOf(k.name)); d < distance {
				best, distance = variableOf(k.name), d
			}
		}
		if distance > 0 && best != "" {
			problems = append(problems, Problem{Variable: name, Text: fmt.Sprintf("no key has this name; did you mean %s?", best)})
		}
	}
	return problems
}

// byVariable adds to problems with values from environment variables which variable it was.
func (c *Config) byVariable(problems []Problem) []Problem {
	for i, p := range problems {
		problems[i].Variable = c.variables[p.Key]
	}
	return problems
}
