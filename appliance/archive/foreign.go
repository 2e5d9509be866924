package archive

import (
	"bytes"
	"errors"
	"fmt"
)

// noMbox returns the error for a file that begins with the given line.
func noMbox(line []byte) error {
	switch {
	case isMark(line):
		return fmt.Errorf("not an mbox: no header field follows its first line %.60q", line)
	case gradeField(line) == usualField:
		return errors.New("not an mbox but a single message: put it into a folder DIR/new and import DIR with -format maildir")
	}
	return fmt.Errorf("not an mbox: it does not begin with %q", mark)
}

// refuse returns an error for what other formats begin with.
func refuse(start []byte) error {
	if form := packedForm(start); form != "" {
		return fmt.Errorf("compressed (%s): unpack it first", form)
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return errors.New("not an mbox but UTF-16 text: save it in its old encoding, or as UTF-8")
	case bytes.HasPrefix(start, []byte("\x01\x01\x01\x01\n")):
		return errors.New("an MMDF mailbox, which is not supported: convert it to mbox first")
	}
	return nil
}
