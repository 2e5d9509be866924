package outbound

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"pillarbox/appliance/durable"
)

// A Hold is what keeps mail from being sent, over starts: what the user holds, and everything
// after the state directory was copied or put back, because another copy may have sent it. It is a
// small text file. A nil Hold holds nothing.
//
//	identity 4711 1796099815.715677249 1796099815.711030812 0123456789abcdef
//	hold all
//	hold mzk5w7q2tn4a
type Hold struct {
	path     string
	identify func(*os.File) string

	mu     sync.Mutex
	stored bool // the file is there
	all    bool
	ids    []string
}

// OpenHold reads the file at path. identify tells the file, in its directory on this machine, from
// a copy. If the file has the identity of another one, or is missing, everything that waits is
// held; the caller logs that by All. Where nothing waits, nothing can be sent twice. The file is
// written when it changes, and by Prepare. With an error everything is held, too: a damaged file is
// no reason to serve no mail.
func OpenHold(path string, identify func(*os.File) string, waiting bool) (*Hold, error) {
	h := &Hold{path: path, identify: identify}
	text, identity, err := h.read()
	if errors.Is(err, fs.ErrNotExist) {
		h.all = waiting
		return h, nil
	}
	if err != nil {
		h.all = true
		return h, err
	}
	was, err := h.parse(text)
	if err != nil {
		h.all, h.ids = true, nil
		return h, fmt.Errorf("%s: %w", path, err)
	}
	h.stored = was == identity || waiting // otherwise Prepare writes the identity
	h.all = h.all || was != identity && waiting
	return h, nil
}

// read returns the content of the file and its identity.
func (h *Hold) read() (text, identity string, err error) {
	raw, err := durable.Read(h.path, maxHold)
	if err != nil {
		return "", "", err
	}
	f, err := durable.Open(h.path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	return string(raw), h.identify(f), nil
}

// maxHold bounds the file in octets.
const maxHold = 256 << 10

func (h *Hold) parse(text string) (identity string, err error) {
	for line := range strings.Lines(text) {
		switch key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " "); {
		case key == "identity" && identity == "":
			identity = value
		case key == "hold" && value == "all":
			h.all = true
		case key == "hold" && len(value) == idSize:
			h.ids = append(h.ids, value)
		default:
			return "", fmt.Errorf("not understood: %.80q", line)
		}
	}
	return identity, nil
}

// All reports whether everything is held.
func (h *Hold) All() bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all
}

// Has reports whether a message is held by its ID.
func (h *Hold) Has(id string) bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.ids, id)
}

// Prepare ensures that the file is there before the first message is queued.
func (h *Hold) Prepare() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stored {
		return nil
	}
	return h.store()
}

// set changes what is held and stores it, if it is something new.
func (h *Hold) set(all bool, ids []string) error {
	if h == nil {
		return errors.New("nothing can be held here")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	was, had := h.all, h.ids
	h.all, h.ids = all, ids
	if was == all && slices.Equal(had, ids) {
		return nil
	}
	if err := h.store(); err != nil {
		h.all, h.ids = was, had
		return err
	}
	return nil
}

// store writes the file.
func (h *Hold) store() error {
	var b strings.Builder
	if h.all {
		b.WriteString("hold all\n")
	}
	for _, id := range h.ids {
		fmt.Fprintf(&b, "hold %s\n", id)
	}
	text := func(f *os.File) []byte { return fmt.Appendf(nil, "identity %s\n%s", h.identify(f), b.String()) }
	if err := durable.ReplaceBy(h.path, text); err != nil {
		return err
	}
	h.stored = true
	return nil
}

// held returns the IDs that are held.
func (h *Hold) held() []string {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.ids)
}
