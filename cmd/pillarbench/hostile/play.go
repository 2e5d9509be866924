package hostile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

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
	if err := h.notes.Open("hostile", o.Notes); err != nil {
		return err
	}
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
