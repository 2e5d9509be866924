package main

import (
	"bytes"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

const (
	intakeFile = 32 << 20 // written once, then overwritten for ever
	intakePage = 4 << 10  // a mail begins on one
	intakeMail = 16 << 20 // the largest
)

// A bareIntake keeps mail: a scan for the end, one pwrite a mail, one fdatasync for all that wait.
type bareIntake struct {
	file    *os.File
	waiting chan *kept
	at      int64
}

// A kept mail is answered when done is closed.
type kept struct {
	mail []byte // whole pages
	done chan struct{}
}

// serveIntake fills the file once, so that no write changes its size, and takes mail.
func serveIntake(path string, out io.Writer) error {
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
	b := &bareIntake{file: file, waiting: make(chan *kept, wearConnections)}
	go b.commit()
	return listen(out, "intake", b.serve)
}

// commit writes all that waits, flushes once, answers all. What fails is not answered.
func (b *bareIntake) commit() {
	for first := range b.waiting {
		batch := []*kept{first}
		for range len(b.waiting) {
			batch = append(batch, <-b.waiting)
		}
		for _, k := range batch {
			if b.at+int64(len(k.mail)) > intakeFile {
				b.at = 0
			}
			if _, err := b.file.WriteAt(k.mail, b.at); err != nil {
				return
			}
			b.at += int64(len(k.mail))
		}
		if unix.Fdatasync(int(b.file.Fd())) != nil {
			return
		}
		for _, k := range batch {
			close(k.done)
		}
	}
}

// serve takes mail after mail, each closed by ".CRLF", and says 250.
func (b *bareIntake) serve(conn net.Conn) {
	buffer := make([]byte, 0, 64<<10)
	for {
		scanned := max(0, len(buffer)-len(blockEnd)+1)
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := conn.Read(buffer[len(buffer):cap(buffer)])
		if err != nil || len(buffer) > intakeMail {
			return
		}
		buffer = buffer[:len(buffer)+n]
		if !bytes.Contains(buffer[scanned:], []byte(blockEnd)) {
			continue
		}
		pages := (len(buffer) + intakePage - 1) / intakePage * intakePage
		for cap(buffer) < pages {
			buffer = append(buffer[:cap(buffer)], 0)[:len(buffer)]
		}
		k := &kept{buffer[:pages], make(chan struct{})}
		b.waiting <- k
		<-k.done
		if _, err := conn.Write([]byte("250 kept\r\n")); err != nil {
			return
		}
		buffer = buffer[:0]
	}
}
