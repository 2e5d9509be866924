package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// fill puts letters into mailboxes beside the wire where that is possible, for it is quicker and some servers take no
// mail in; else it delivers them. Mailbox i gets mails letters.
func (e entrant) fill(l load, first uint64, mails int, by spread) error {
	for i := range by.mailboxes {
		start := first + uint64(i*mails)
		err := error(nil)
		switch s := e.server.(type) {
		case *box:
			err = s.importMaildir(l, start, mails, mailbox(i))
		case *peer:
			switch {
			case s.at.mbox != "":
				err = writeMbox(filepath.Join(s.at.mbox, mailbox(i)), l, start, mails)
			case s.at.maildir != "":
				err = writeMaildir(filepath.Join(s.at.maildir, mailbox(i)), l, start, mails)
			default:
				_, err = deliver(s, l, first, mails*by.mailboxes, by)
				return err // all at once
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fillable says whether fill goes beside the wire.
func (e entrant) fillable() bool {
	p, peer := e.server.(*peer)
	return !peer || p.at.mbox != "" || p.at.maildir != ""
}

// importMaildir gives the running box letters by its own command.
func (b *box) importMaildir(l load, first uint64, mails int, account string) error {
	folder, err := os.MkdirTemp(b.folder, "maildir-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := writeMaildir(folder, l, first, mails); err != nil {
		return err
	}
	command := exec.Command(b.binary, "spool", "import", "-config", b.config(), "-format", "maildir", account, folder)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("spool import: %w: %s", err, out)
	}
	return nil
}

// writeMaildir adds letters to a Maildir, whose files are the owner's of the folder. Their names tell the size, as
// Dovecot's do (S, and W with CRLF).
func writeMaildir(folder string, l load, first uint64, mails int) error {
	for _, name := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o777); err != nil {
			return err
		}
	}
	for i := range uint64(mails) {
		content := letter{first + i, l.octets(first + i)}.content()
		unix := bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
		name := fmt.Sprintf("%d.%d.bench,S=%d,W=%d", 1_700_000_000+first+i, first+i, len(unix), len(content))
		if err := os.WriteFile(filepath.Join(folder, "new", name), unix, 0o666); err != nil {
			return err
		}
	}
	return likeParent(folder)
}

// writeMbox adds letters to an mbox.
func writeMbox(path string, l load, first uint64, mails int) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	for i := range uint64(mails) {
		content := bytes.ReplaceAll(letter{first + i, l.octets(first + i)}.content(), []byte("\r\n"), []byte("\n"))
		fmt.Fprintf(out, "From bench@home.arpa Tue Nov 24 12:00:00 2026\n%s\n", content) // no line of a letter begins with "From "
	}
	return out.Flush()
}

// likeParent gives a folder and all in it to the owner of the folder above.
func likeParent(folder string) error {
	owner := exec.Command("chown", "-R", "--reference="+filepath.Dir(folder), folder)
	if out, err := owner.CombinedOutput(); err != nil {
		return fmt.Errorf("chown: %w: %s", err, out)
	}
	return nil
}
