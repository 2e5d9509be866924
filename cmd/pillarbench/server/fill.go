package server

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"pillarbox/cmd/pillarbench/client"
)

// Fill adds messages to each of the mailboxes. It writes them into the mailboxes without SMTP if
// the server allows that, because it is faster and some servers have no SMTP; otherwise it
// delivers them.
func Fill(to Server, l client.Load, first uint64, messages int, by Spread) error {
	for i := range by.Mailboxes {
		start := first + uint64(i*messages)
		err := error(nil)
		switch s := to.(type) {
		case *Pillarbox:
			err = s.importMaildir(l, start, messages, client.Mailbox(i))
		case *Peer:
			switch {
			case s.at.mbox != "":
				err = writeMbox(filepath.Join(s.at.mbox, client.Mailbox(i)), l, start, messages)
			case s.at.maildir != "":
				err = writeMaildir(filepath.Join(s.at.maildir, client.Mailbox(i)), l, start, messages)
			default:
				_, err = Deliver(to, l, first, messages*by.Mailboxes, by)
				return err // into all mailboxes
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// FillMaildir adds messages to one mailbox of a peer that keeps each in a Maildir.
func (p *Peer) FillMaildir(mailbox string, l client.Load, first uint64, messages int) error {
	if p.at.maildir == "" {
		return fmt.Errorf("%s keeps mailboxes in no Maildirs", p.name)
	}
	return writeMaildir(filepath.Join(p.at.maildir, mailbox), l, first, messages)
}

// RemoveMaildir removes a mailbox of a peer that keeps each in a Maildir.
func (p *Peer) RemoveMaildir(mailbox string) error {
	return os.RemoveAll(filepath.Join(p.at.maildir, mailbox))
}

// Fillable reports whether Fill works without SMTP.
func Fillable(s Server) bool {
	p, peer := s.(*Peer)
	return !peer || p.at.mbox != "" || p.at.maildir != ""
}

// importMaildir adds messages to a mailbox of the running server by "pillarbox spool import".
func (b *Pillarbox) importMaildir(l client.Load, first uint64, messages int, account string) error {
	return b.importFrom(l, first, messages, account, func(string) error { return nil })
}

// ImportListed is importMaildir for a Maildir of Dovecot's, whose list says which unique-ids the
// messages had.
func (b *Pillarbox) ImportListed(l client.Load, first uint64, messages int, account string) error {
	return b.importFrom(l, first, messages, account, func(folder string) error { return writeUIDs(folder, first) })
}

// writeUIDs writes Dovecot's list of a Maildir. The UIDs are those of a mailbox in which some
// messages were deleted.
func writeUIDs(folder string, first uint64) error {
	files, err := os.ReadDir(filepath.Join(folder, "new")) // in the order of their times
	if err != nil {
		return err
	}
	list := bytes.NewBufferString("3 V1600000000 N4294967295\n")
	for i, file := range files {
		number := first + uint64(i)
		fmt.Fprintf(list, "%d :%s\n", number+number/7, file.Name())
	}
	return os.WriteFile(filepath.Join(folder, "dovecot-uidlist"), list.Bytes(), 0o666)
}

// importFrom imports a Maildir that is made of messages and completed by a function.
func (b *Pillarbox) importFrom(l client.Load, first uint64, messages int, account string, complete func(folder string) error) error {
	folder, err := os.MkdirTemp(b.Folder, "maildir-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := errors.Join(writeMaildir(folder, l, first, messages), complete(folder)); err != nil {
		return err
	}
	command := exec.Command(b.binary, "spool", "import", "-config", b.ConfigFile(), "-format", "maildir", account, folder)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("spool import: %w: %s", err, out)
	}
	return nil
}

// writeMaildir adds messages to a Maildir. The files belong to the owner of the folder. Their names
// contain the size as Dovecot's do (S, and W with CRLF).
func writeMaildir(folder string, l client.Load, first uint64, messages int) error {
	for _, name := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o777); err != nil {
			return err
		}
	}
	for i := range uint64(messages) {
		content := client.Message{Number: first + i, Octets: l.Octets(first + i)}.Content()
		unix := bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		name := fmt.Sprintf("%d.%d.bench,S=%d,W=%d", 1_700_000_000+first+i, first+i, len(unix), len(content))
		if err := os.WriteFile(filepath.Join(folder, "new", name), unix, 0o666); err != nil {
			return err
		}
	}
	return likeParent(folder)
}

// writeMbox adds messages to an mbox.
func writeMbox(path string, l client.Load, first uint64, messages int) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	for i := range uint64(messages) {
		content := bytes.ReplaceAll(client.Message{Number: first + i, Octets: l.Octets(first + i)}.Content(), []byte("\r\n"), []byte("\n"))
		// No line of a message begins with "From ".
		fmt.Fprintf(out, "From bench@home.arpa Tue Nov 24 12:00:00 2026\n%s\n", content)
	}
	return out.Flush()
}

// likeParent changes the owner of a folder and all in it to the owner of its parent.
func likeParent(folder string) error {
	owner := exec.Command("chown", "-R", "--reference="+filepath.Dir(folder), folder)
	if out, err := owner.CombinedOutput(); err != nil {
		return fmt.Errorf("chown: %w: %s", err, out)
	}
	return nil
}

// A Spread is how many connections deliver at a time, into how many mailboxes.
type Spread struct{ Connections, Mailboxes int }

// Deliver delivers messages first to first+messages-1 over connections that share them, and waits
// until none is in a queue. It returns their size in octets.
func Deliver(s Server, l client.Load, first uint64, messages int, by Spread) (int64, error) {
	// The channel has room for all, so that a connection that fails blocks nothing.
	numbers := make(chan uint64, messages)
	var octets int64
	for i := range uint64(messages) {
		number := first + i
		numbers <- number
		octets += int64(len(client.Message{Number: number, Octets: l.Octets(number)}.Content()))
	}
	close(numbers)
	failures := make([]error, by.Connections)
	var group sync.WaitGroup
	for i := range by.Connections {
		group.Go(func() {
			connection, err := s.Connect()
			if err != nil {
				failures[i] = err
				return
			}
			defer connection.Close()
			for number := range numbers {
				if failures[i] = connection.Deliver(client.Message{Number: number, Octets: l.Octets(number)}, client.Mailbox(i%by.Mailboxes)+"@home.arpa"); failures[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return octets, errors.Join(append(failures, s.Drain())...)
}

// Trickle delivers messages one by one, each over its own connection, with a pause after each.
func Trickle(s Server, l client.Load, first uint64, messages int, pause time.Duration) (int64, error) {
	var octets int64
	for i := range uint64(messages) {
		n, err := Deliver(s, l, first+i, 1, Spread{1, 1})
		if err != nil {
			return octets, err
		}
		octets += n
		time.Sleep(pause)
	}
	return octets, nil
}
