package bare

import (
	"bytes"
	"io"
	"net"
	"os"

	"pillarbox/cmd/pillarbench/client"

	"golang.org/x/sys/unix"
)

const (
	intakeFile = 32 << 20 // filled once, then overwritten in turn
	intakePage = 4 << 10  // messages begin on page boundaries
	intakeMail = 16 << 20 // the largest message
)

// An intake stores messages: it scans for the end, and makes one pwrite for each message and one
// fdatasync for all that wait.
type intake struct {
	file    *os.File
	waiting chan *message
	at      int64
}

// A message is acknowledged after done is closed.
type message struct {
	data []byte // whole pages
	done chan struct{}
}

// ServeIntake accepts messages on a port and writes them to a file. It fills the file once, so that
// no write changes its size.
func ServeIntake(path string, out io.Writer) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for at := int64(0); at < intakeFile; at += int64(len(zeros)) {
		if _, err := file.WriteAt(zeros, at); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	b := &intake{file: file, waiting: make(chan *message, client.MaxConnections)}
	go b.commit()
	return listen(out, "intake", b.serve)
}

// commit writes all messages that wait and flushes once. After an error it acknowledges nothing.
func (b *intake) commit() {
	for first := range b.waiting {
		batch := []*message{first}
		for range len(b.waiting) {
			batch = append(batch, <-b.waiting)
		}
		for _, k := range batch {
			if b.at+int64(len(k.data)) > intakeFile {
				b.at = 0
			}
			if _, err := b.file.WriteAt(k.data, b.at); err != nil {
				return
			}
			b.at += int64(len(k.data))
		}
		if unix.Fdatasync(int(b.file.Fd())) != nil {
			return
		}
		for _, k := range batch {
			close(k.done)
		}
	}
}

// serve reads messages, each closed by a line of one dot, and replies 250.
func (b *intake) serve(conn net.Conn) {
	buffer := make([]byte, 0, 64<<10)
	for {
		scanned := max(0, len(buffer)-len(client.BlockEnd)+1)
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := conn.Read(buffer[len(buffer):cap(buffer)])
		if err != nil || len(buffer) > intakeMail {
			return
		}
		buffer = buffer[:len(buffer)+n]
		if !bytes.Contains(buffer[scanned:], []byte(client.BlockEnd)) {
			continue
		}
		pages := (len(buffer) + intakePage - 1) / intakePage * intakePage
		for cap(buffer) < pages {
			buffer = append(buffer[:cap(buffer)], 0)[:len(buffer)]
		}
		k := &message{buffer[:pages], make(chan struct{})}
		b.waiting <- k
		<-k.done
		if _, err := conn.Write([]byte("250 kept\r\n")); err != nil {
			return
		}
		buffer = buffer[:0]
	}
}
