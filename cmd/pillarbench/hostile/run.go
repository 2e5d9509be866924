package hostile

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/measure"
	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/siege"
)

const (
	// WorstAnswer is the target for the slowest reply to a known client.
	WorstAnswer = 250 * time.Millisecond
	// baseFetches is how often the known client polls before the attack.
	baseFetches = 10
	// pollPause is the time between two polls of the known client.
	pollPause = 500 * time.Millisecond
)

// Options are the options of a hostile run.
type Options struct {
	Binary     string
	Part       int           // one in how many clients of the crowd comes
	KeepMemory int64         // KiB by which private memory may grow
	Lasts      time.Duration // duration of each attack
	Within     time.Duration // limit for replies to a known client; 0 is none
	Notes      string        // file to append the figures to, "" for none
	Patience   time.Duration // how long a known client waits for a reply
}

// A run is a hostile run.
type run struct {
	Options
	folder string
	out    io.Writer
	notes  measure.Notes

	// of the current scene
	server *server.Pillarbox
	known  *knownClient
}

// usualOctets is the size of a known client's message.
const usualOctets = 4096

// prepare makes a server that listens on IPv6 and on a socket, and a known client in the local
// network.
func (h *run) prepare(folder, capacity string, more ...string) (err error) {
	if h.server, err = server.NewPillarbox(h.Binary, folder, capacity, goodUser); err != nil {
		return err
	}
	if err := h.server.OfferTLS("16MiB"); err != nil {
		return err
	}
	changes := append([]string{"[smtp]\n", fmt.Sprintf("[smtp]\nlisten_lmtp = [%q]\n", "unix:"+h.socket())}, more...)
	for _, address := range []string{h.server.POP3, h.server.POP3S, h.server.SMTP} {
		changes = append(changes, address, everywhere(address))
	}
	h.known = &knownClient{
		pop3: nearby(h.server.POP3), pop3s: nearby(h.server.POP3S), smtp: nearby(h.server.SMTP),
		from: siege.Address(1), octets: usualOctets, patience: h.Patience,
	}
	return h.server.Reconfigure(changes...)
}

// everywhere returns an address of loopback as one that is listened on for IPv6 as well, nearby as
// one of the local network.
func everywhere(address string) string { return strings.Replace(address, "127.0.0.1", "[::]", 1) }
func nearby(address string) string {
	return strings.Replace(address, "127.0.0.1", "["+siege.Address(0).String()+"]", 1)
}

func (h *run) socket() string { return filepath.Join(h.server.Folder, "lmtp.sock") }
