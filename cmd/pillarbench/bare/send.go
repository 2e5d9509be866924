package bare

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	gatherLimit = 64 << 10 // the largest message that is copied, and the largest write
	chunkLimit  = 1 << 20  // the most in one sendfile call
)

// A sender replies to each line with the same message.
type sender struct {
	file  *os.File
	size  int64
	reply []byte // the status line
}

// ServeBody sends the message in a file on a plain port and on one with TLS.
func ServeBody(path string, out io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	b := &sender{file, info.Size(), fmt.Appendf(nil, "+OK %d octets\r\n", info.Size())}
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if err := listen(out, "plain", b.serve); err != nil {
		return err
	}
	return listen(out, "tls", func(conn net.Conn) { b.serve(tls.Server(conn, config)) })
}

// serve replies until the client closes the connection. An error closes it, and the client
// reports it.
func (b *sender) serve(conn net.Conn) {
	in := make([]byte, 4<<10)
	buffer := make([]byte, gatherLimit)
	tcp, plain := conn.(*net.TCPConn)
	for {
		n, err := conn.Read(in)
		if err != nil {
			return
		}
		commands := bytes.Count(in[:n], []byte("\n"))
		if plain && b.size >= gatherLimit {
			err = b.byKernel(tcp, commands)
		} else {
			err = b.gathered(conn, commands, buffer)
		}
		if err != nil {
			return
		}
	}
}

// gathered copies status lines and messages into buffers of gatherLimit.
func (b *sender) gathered(conn net.Conn, commands int, buffer []byte) error {
	filled := 0
	flush := func() error {
		_, err := conn.Write(buffer[:filled])
		filled = 0
		return err
	}
	for range commands {
		if len(buffer)-filled < len(b.reply) {
			if err := flush(); err != nil {
				return err
			}
		}
		filled += copy(buffer[filled:], b.reply)
		for at := int64(0); at < b.size; {
			n, err := b.file.ReadAt(buffer[filled:min(len(buffer), filled+int(b.size-at))], at)
			if n == 0 && err != nil {
				return err
			}
			filled += n
			if at += int64(n); filled == len(buffer) {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

// byKernel sends the status line by sendmsg(MSG_MORE) and the message by sendfile.
func (b *sender) byKernel(conn *net.TCPConn, commands int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	for range commands {
		var at int64
		var failed error
		said := false
		err := raw.Write(func(out uintptr) bool {
			if !said {
				if failed = syscall.Sendmsg(int(out), b.reply, nil, nil, syscall.MSG_MORE); failed != nil {
					return failed != syscall.EAGAIN
				}
				said = true
			}
			for at < b.size {
				n, err := syscall.Sendfile(int(out), int(b.file.Fd()), &at, int(min(b.size-at, chunkLimit)))
				if err == syscall.EAGAIN {
					return false
				}
				if failed = err; err != nil || n == 0 {
					return true
				}
			}
			return true
		})
		if err != nil || failed != nil || at < b.size {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// selfSigned makes a certificate that is valid for a day.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
