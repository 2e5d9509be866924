package hostile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
	"pillarbox/cmd/pillarbench/siege"
)

const (
	// WorstAnswer is the target for the slowest reply to a known client.
	WorstAnswer = 250 * time.Millisecond
	// baseFetches is how often the known client polls before the attack.
	baseFetches = 10
)

// Options are the options of a hostile run.
type Options struct {
	Binary     string
	Part       int           // one in how many clients of the crowd comes
	KeepMemory int64         // KiB by which private memory may grow
	Lasts      time.Duration // duration of each attack
	Within     time.Duration // limit for replies to a known client; 0 is none
}

// A run is a hostile run.
type run struct {
	Options
	folder string
	out    io.Writer

	// of the current scene
	server *server.Pillarbox
	known  *knownClient
}

// SceneNames returns the names of all scenes in the order of a run.
func SceneNames() []string {
	names := []string{"crowd"}
	for _, s := range scenes {
		names = append(names, s.name)
	}
	return append(names, "flood", "alias")
}

// Run runs the named scenes. It leaves nothing behind unless one has failed.
func Run(o Options, names []string, out io.Writer) error {
	folder, err := os.MkdirTemp("", "pillarbench-hostile-")
	if err != nil {
		return err
	}
	h := &run{Options: o, folder: folder, out: out}
	if err := os.Chmod(folder, 0o755); err != nil { // other users reach the LMTP socket in it
		return err
	}
	if failed := h.playAll(names); len(failed) > 0 {
		return fmt.Errorf("failed: %s (states and logs stay in %s)", strings.Join(failed, ", "), folder)
	}
	fmt.Fprintln(h.out, "hostile: PASS")
	return os.RemoveAll(folder)
}

// playAll runs the named scenes, also after one has failed, and returns the names of failed ones.
func (h *run) playAll(names []string) (failed []string) {
	for _, name := range names {
		if err := h.play(name); err != nil {
			for line := range strings.Lines(err.Error()) {
				fmt.Fprintf(h.out, "%-14s FAIL: %s\n", name, strings.TrimSpace(line))
			}
			failed = append(failed, name)
		}
		if h.server != nil && h.server.Running() {
			h.server.Kill()
		}
		h.server = nil
	}
	return failed
}

func (h *run) play(name string) error {
	folder := filepath.Join(h.folder, name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	switch name {
	case "crowd":
		if err := h.prepareCrowd(folder); err != nil {
			return err
		}
		return h.crowd()
	case "flood":
		return h.flood(folder, goodUser)
	case "alias":
		return h.flood(folder, floodAlias)
	}
	for _, s := range scenes {
		if s.name == name {
			return h.scene(s, folder)
		}
	}
	return fmt.Errorf("there is no scene %s", name)
}

// The mailbox of goodUser has a small message, that of hoardUser a large one.
const goodUser, hoardUser = "anna", "otto"

// prepareCrowd makes a server with TLS and delivers a message to both mailboxes.
func (h *run) prepareCrowd(folder string) (err error) {
	if h.server, err = server.NewPillarbox(h.Binary, folder, "64MiB", goodUser, hoardUser); err != nil {
		return err
	}
	if err := h.server.OfferTLS("16MiB"); err != nil {
		return err
	}
	h.known = &knownClient{pop3: h.server.POP3, pop3s: h.server.POP3S, smtp: h.server.SMTP}
	if err := h.server.Start(); err != nil {
		return err
	}
	s, err := client.DialSMTP(h.server.SMTP)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Deliver(client.Message{Number: 1, Octets: 4096}, goodUser+"@home.arpa"); err != nil {
		return err
	}
	return s.Deliver(client.Message{Number: 2, Octets: siege.HoardOctets}, hoardUser+"@home.arpa")
}
