package appliance

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"pillarbox/appliance/durable"
)

// The standard ports, and those in their place where a program may not listen below 1024.
var standardPorts = map[int]int{110: 1110, 995: 1995, 25: 1025, 587: 1587, 465: 1465}

// portsFile keeps, in the state folder, which port was taken for each standard one. Clients are set up by
// it: a box that was once started by root and once not would lose them.
const portsFile = "ports"

// ports is the content of portsFile: standard port → port that was chosen.
type ports map[int]int

const portsHead = "# The port chosen at the first start for each standard one. Take this file away to choose anew.\n"

func loadPorts(state string) (ports, error) {
	path := filepath.Join(state, portsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return ports{}, nil
	}
	if err != nil {
		return nil, err
	}
	chosen, number := ports{}, 0
	for line := range strings.Lines(string(text)) {
		number++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		a, b, _ := strings.Cut(line, " ")
		standard, err1 := strconv.Atoi(a)
		port, err2 := strconv.Atoi(b)
		if high, ok := standardPorts[standard]; err1 != nil || err2 != nil || !ok || port != standard && port != high {
			return nil, fmt.Errorf(`%s:%d: %q is no line as "110 1110"; take the file away to choose anew`, path, number, line)
		}
		chosen[standard] = port
	}
	return chosen, nil
}

// open opens a standard port, or the one that was chosen in its place; without a choice it makes it.
func (p ports) open(standard int, at func(port int) (*listener, error)) (*listener, error) {
	if port, ok := p[standard]; ok {
		return at(port)
	}
	port := standard
	one, err := at(port)
	if errors.Is(err, syscall.EACCES) {
		port = standardPorts[standard]
		one, err = at(port)
	}
	if err == nil {
		p[standard] = port
	}
	return one, err
}

// store keeps the choice durably.
func (p ports) store(state string) error {
	var text bytes.Buffer
	text.WriteString(portsHead)
	for _, standard := range []int{110, 995, 25, 587, 465} {
		if port, ok := p[standard]; ok {
			fmt.Fprintf(&text, "%d %d\n", standard, port)
		}
	}
	return durable.Replace(filepath.Join(state, portsFile), text.Bytes())
}
