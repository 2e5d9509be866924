package board

import (
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
)

// A File is a regular file of the program disk.
type File struct {
	Name string // path without a leading slash
	Mode os.FileMode
	Data []byte
}

// packSlack is the space for the tables of the file system, in octets.
const packSlack = 2 << 20

// Pack makes the program disk: an ext4 image with the files, which the board mounts read-only.
// The server is paged in from there, as it is from flash; in an initramfs it would take memory
// for all its octets.
func Pack(image string, files []File) error {
	root := image + ".root"
	defer os.RemoveAll(root)
	size := int64(packSlack)
	for _, f := range files {
		name := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, f.Mode); err != nil {
			return err
		}
		size += int64(len(f.Data))
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return err
	}
	// The emulator requires a power of two as the size of a card.
	if err := os.Truncate(image, 1<<bits.Len64(uint64(size))); err != nil {
		return err
	}
	return Format("ext4", image, "-O", "^has_journal", "-m", "0", "-d", root)
}

// Format makes a file system in an image. An ext4 is written completely, so that no kernel thread
// of the guest initializes it later.
func Format(filesystem, image string, flags ...string) error {
	flags = append([]string{"-q"}, flags...)
	if filesystem == "ext4" {
		flags = append(flags, "-E", "lazy_itable_init=0,lazy_journal_init=0")
	}
	out, err := exec.Command("mkfs."+filesystem, append(flags, image)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mkfs.%s: %w: %s", filesystem, err, out)
	}
	return nil
}
