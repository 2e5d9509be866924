package mdns

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
)

// Holders finds out whether another program has the port. It keeps the kernel's tables of sockets
// open, so that it can read them after the process has given up other files.
type Holders struct {
	tables []*os.File
	buf    [1024]byte // a line of a table has 150 octets
}

// OpenHolders opens the tables: those of the process, which a systemd unit with ProcSubset=pid
// shows as well. Without /proc, as in a jail, another program is found before this one has the
// port, and not afterwards.
func OpenHolders() *Holders {
	h := &Holders{}
	for _, name := range []string{"/proc/self/net/udp", "/proc/self/net/udp6"} {
		if f, err := os.Open(name); err == nil {
			h.tables = append(h.tables, f)
		}
	}
	return h
}

// Close closes the tables.
func (h *Holders) Close() {
	for _, f := range h.tables {
		f.Close()
	}
}

// others reports whether a socket on the port is there that is none of own, which are inodes. It
// allocates nothing, because it is called every minute.
func (h *Holders) others(own []uint64) bool {
	if len(h.tables) == 0 && len(own) == 0 {
		return refused()
	}
	for _, f := range h.tables {
		if _, err := f.Seek(0, io.SeekStart); err == nil && h.held(f, own) {
			return true
		}
	}
	return false
}

// refused reports whether the port cannot be had alone: a socket of another program has it.
func refused() bool {
	conn, err := net.ListenPacket("udp", ":"+strconv.Itoa(portNumber))
	if err != nil {
		return errors.Is(err, syscall.EADDRINUSE)
	}
	conn.Close()
	return false
}

// held reads a table of proc(5) line by line. A line is shorter than the buffer.
func (h *Holders) held(table io.Reader, own []uint64) bool {
	kept := 0
	for {
		n, err := table.Read(h.buf[kept:])
		text := h.buf[:kept+n]
		for {
			end := bytes.IndexByte(text, '\n')
			if end < 0 {
				break
			}
			if inode, ok := onPort(text[:end]); ok && !contains(own, inode) {
				return true
			}
			text = text[end+1:]
		}
		if kept = copy(h.buf[:], text); err != nil || kept == len(h.buf) {
			return false
		}
	}
}

// onPort returns the inode of a socket if it is bound to the port: the second word of its line is
// address and port in hexadecimal, the tenth is the inode.
func onPort(line []byte) (inode uint64, ok bool) {
	for word := range 10 {
		line = bytes.TrimLeft(line, " ")
		end := bytes.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		switch word {
		case 1:
			if !bytes.HasSuffix(line[:end], []byte(portSuffix)) {
				return 0, false
			}
		case 9:
			for _, digit := range line[:end] {
				if digit < '0' || digit > '9' {
					return 0, false
				}
				inode = inode*10 + uint64(digit-'0')
			}
			return inode, end > 0
		}
		line = line[end:]
	}
	return 0, false
}

// portSuffix is how a local address on the port ends in a table.
const portSuffix = ":14E9"

func contains(list []uint64, n uint64) bool {
	for _, one := range list {
		if one == n {
			return true
		}
	}
	return false
}

// inode returns that of the socket of a port; 0 if it is not known.
func (p *port) inode() (n uint64) {
	raw, err := p.conn.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Control(func(fd uintptr) {
		var st syscall.Stat_t
		if syscall.Fstat(int(fd), &st) == nil {
			n = uint64(st.Ino)
		}
	})
	return n
}
