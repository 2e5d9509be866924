package listen

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/config"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/statedir"
)

// The standard ports, and those in their place where a program may not listen below 1024.
var StandardPorts = map[int]int{110: 1110, 995: 1995, 25: 1025, 587: 1587, 465: 1465}

// Ports are the ports that were chosen: standard port → port that was chosen.
type Ports map[int]int

const portsHead = "# The port chosen for each standard one, kept once a client has logged in. Take this file away to choose again.\n"

// mostPorts bounds the file in octets.
const mostPorts = 4 << 10

func LoadPorts(state string) (Ports, error) {
	path := portsPath(state)
	text, err := durable.Read(path, mostPorts)
	if errors.Is(err, os.ErrNotExist) {
		return Ports{}, nil
	}
	if err != nil {
		return nil, err
	}
	chosen, number := Ports{}, 0
	for line := range strings.Lines(string(text)) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		a, b, _ := strings.Cut(line, " ")
		standard, err1 := strconv.Atoi(a)
		port, err2 := strconv.Atoi(b)
		if high, ok := StandardPorts[standard]; err1 != nil || err2 != nil || !ok || port != standard && port != high {
			return nil, fmt.Errorf(`%s:%d: %q is no line as "110 1110"; remove the file to choose again`, path, number, line)
		}
		chosen[standard] = port
	}
	return chosen, nil
}

// portsPath returns the path of the file that keeps, in the state directory, which port was taken
// for each standard one. Clients are set up by it: a server that is started once by root and once
// not would lose them. Until a client has logged in, each start chooses again: a first start that
// was a mistake, for example of a container without its options, leaves nothing behind.
func portsPath(state string) string { return filepath.Join(state, statedir.PortsFile) }

// open opens a standard port, or the one that was chosen in its place; without a choice it makes
// it.
func (p Ports) open(standard int, at func(port int) (*Listener, error)) (*Listener, error) {
	if port, ok := p[standard]; ok {
		return at(port)
	}
	port := standard
	one, err := at(port)
	if errors.Is(err, syscall.EACCES) {
		port = StandardPorts[standard]
		one, err = at(port)
	}
	if err == nil {
		p[standard] = port
	}
	return one, err
}

// replaced returns those of the choices by which a configuration is served on other ports than the
// standard ones.
func (p Ports) replaced(c *config.Config) Ports {
	others := Ports{}
	for _, l := range Table(c) {
		for _, standard := range l.Standard {
			if port, ok := p[standard]; ok && l.Addrs == nil && port != standard {
				others[standard] = port
			}
		}
	}
	return others
}

// String lists the choices, as "1110 for 110".
func (p Ports) String() string {
	var list []string
	for _, standard := range slices.Sorted(maps.Keys(p)) {
		list = append(list, fmt.Sprintf("%d for %d", p[standard], standard))
	}
	return strings.Join(list, ", ")
}

// Store keeps the choice durably.
func (p Ports) Store(state string) error {
	var text bytes.Buffer
	text.WriteString(portsHead)
	for _, standard := range []int{110, 995, 25, 587, 465} {
		if port, ok := p[standard]; ok {
			fmt.Fprintf(&text, "%d %d\n", standard, port)
		}
	}
	return durable.Replace(portsPath(state), text.Bytes())
}

// Configured returns the addresses that a start would open.
func Configured(c *config.Config, chosen Ports) (list []Address) {
	for _, row := range slices.Concat(Table(c), PageTable(c)) {
		addrs := row.Addrs
		if addrs == nil {
			for _, port := range row.Standard {
				if other, ok := chosen[port]; ok {
					port = other
				}
				addrs = append(addrs, ":"+strconv.Itoa(port))
			}
		}
		for _, addr := range addrs {
			list = append(list, row.at(addr))
		}
	}
	return list
}
