package board

import (
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
)

// A File is one regular file of the program disk.
type File struct {
	Name string // from the root, without a leading slash
	Mode os.FileMode
	Data []byte
}

// packSlack is room for the tables of the file system, in octets.
const packSlack = 2 << 20

// Pack makes the program disk: an ext4 image with the files, which the board mounts read only. The box is paged in
// from there, as it is from flash; in an initramfs it would take memory for all of its octets.
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
	if err := os.Truncate(image, 1<<bits.Len64(uint64(size))); err != nil { // cards have the size of a power of two
		return err
	}
	return Format("ext4", image, "-O", "^has_journal", "-m", "0", "-d", root)
}

// Format makes a file system in an image. All of an ext4 is written at once, so that no thread of the guest does it later.
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
