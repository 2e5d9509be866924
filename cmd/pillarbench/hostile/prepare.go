package hostile

import (
	"fmt"
	"path/filepath"
	"strings"

	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/siege"
)

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
	h.known = &knownClient{pop3: nearby(h.server.POP3), pop3s: nearby(h.server.POP3S), smtp: nearby(h.server.SMTP), from: siege.Address(1), octets: usualOctets}
	return h.server.Reconfigure(changes...)
}

// everywhere returns an address of loopback as one that is listened on for IPv6 as well, nearby as
// one of the local network.
func everywhere(address string) string { return strings.Replace(address, "127.0.0.1", "[::]", 1) }
func nearby(address string) string {
	return strings.Replace(address, "127.0.0.1", "["+siege.Address(0).String()+"]", 1)
}

func (h *run) socket() string { return filepath.Join(h.server.Folder, "lmtp.sock") }
