package crash

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"pillarbox/cmd/pillarbench/client"
	"pillarbox/cmd/pillarbench/server"
)

// A restoreTest is one run of the restore test.
type restoreTest struct {
	server *server.Pillarbox
	number uint64            // of the last message sent
	owner  map[string]uint64 // the first message of each unique-id, in any run from the state
	out    io.Writer
}

// Restore runs the restore test, with as many messages in each run from the state.
func Restore(binary string, messages int, out io.Writer) error {
	folder, err := os.MkdirTemp("", "pillarbench-restore-")
	if err != nil {
		return err
	}
	b, err := server.NewPillarbox(binary, folder, "64MiB", client.Mailboxes[0])
	if err != nil {
		return err
	}
	r := &restoreTest{server: b, owner: map[string]uint64{}, out: out}
	if err := r.run(messages); err != nil {
		return fmt.Errorf("%w (state and log stay in %s)", err, folder)
	}
	return os.RemoveAll(folder)
}

// run goes back to the same copy of the state twice: once after a clean stop, once after kill -9.
func (r *restoreTest) run(messages int) error {
	state := filepath.Join(r.server.Folder, "state")
	backup := filepath.Join(r.server.Folder, "backup")
	if err := r.life(messages, (*server.Pillarbox).Stop); err != nil {
		return err
	}
	if err := copyDir(state, backup); err != nil {
		return err
	}
	for _, end := range []func(*server.Pillarbox) error{(*server.Pillarbox).Stop, kill, (*server.Pillarbox).Stop} {
		if err := r.life(messages, end); err != nil {
			return err
		}
		if err := os.RemoveAll(state); err != nil {
			return err
		}
		if err := copyDir(backup, state); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.out, "restore: %d unique-ids in 4 runs, none for two messages: PASS\n", len(r.owner))
	return nil
}

func kill(b *server.Pillarbox) error {
	b.Kill()
	return nil
}

// life starts the server, delivers messages, checks every unique-id and ends the server.
func (r *restoreTest) life(messages int, end func(*server.Pillarbox) error) error {
	if err := r.server.Start(); err != nil {
		return err
	}
	defer func() {
		if r.server.Running() {
			r.server.Kill()
		}
	}()
	s, err := client.DialSMTP(r.server.SMTP)
	if err != nil {
		return err
	}
	defer s.Close()
	for range messages {
		r.number++
		if err := s.Deliver(client.Message{Number: r.number, Octets: 1000}, client.Mailboxes[0]+"@home.arpa"); err != nil {
			return err
		}
	}
	if err := r.checkUIDs(); err != nil {
		return err
	}
	return end(r.server)
}

// checkUIDs compares the message under each unique-id with the first one that had it.
func (r *restoreTest) checkUIDs() error {
	session, err := client.DialPOP3(r.server.POP3, client.Mailboxes[0], client.Password)
	if err != nil {
		return err
	}
	defer session.Close()
	uids, err := session.UIDs()
	if err != nil {
		return err
	}
	for i, uid := range uids {
		mail, err := session.Retrieve(i + 1)
		if err != nil {
			return err
		}
		l, err := client.Verify(mail)
		if err != nil {
			return fmt.Errorf("message %d (%s): %w", i+1, uid, err)
		}
		if was, given := r.owner[uid]; given && was != l.Number {
			return fmt.Errorf("unique-id %s was message %d and is message %d now", uid, was, l.Number)
		}
		r.owner[uid] = l.Number
	}
	return session.Command("QUIT")
}

// copyDir copies a directory with owners, modes and times.
func copyDir(from, to string) error {
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("cp -a %s: %w: %s", from, err, out)
	}
	return nil
}
