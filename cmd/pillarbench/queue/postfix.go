package queue

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
)

// A postfix is Debian's Postfix.
type postfix struct {
	Options
	*server.Peer
}

func newPostfix(o Options) (*postfix, error) {
	trusted := filepath.Join(o.Folder, "smarthost.pem")
	if err := os.WriteFile(trusted, o.To.Certificate, 0o644); err != nil {
		return nil, err
	}
	peer := server.NewPeer(o.Peers, "postfix-queue", o.Folder, o.Log)
	peer.Smarthost = o.To.Address()
	return &postfix{o, peer}, nil
}

func (p *postfix) Connect() (*client.Sender, error) { return overTLS(p.SMTPS()) }

// Left looks into the queue, in which each message is a file.
func (p *postfix) Left() (int, bool, error) {
	var busy, deferred int
	for _, name := range []string{"maildrop", "incoming", "active", "deferred"} {
		n, err := countFiles(filepath.Join(p.Folder, "queue", name))
		if err != nil {
			return 0, false, err
		}
		if name == "deferred" {
			deferred = n
		} else {
			busy += n
		}
	}
	return busy + deferred, busy == 0, nil
}

// countFiles counts the files below a folder that may change meanwhile.
func countFiles(folder string) (files int, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) && path != folder {
				return nil
			}
			return err
		}
		if !entry.IsDir() {
			files++
		}
		return nil
	})
	return files, err
}

func (p *postfix) Retry() error {
	if out, err := exec.Command("postfix", "-c", filepath.Join(p.Folder, "conf"), "flush").CombinedOutput(); err != nil {
		return fmt.Errorf("postfix flush: %w: %s", err, out)
	}
	return nil
}
