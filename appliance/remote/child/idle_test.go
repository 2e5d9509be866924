package child

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pillarbox/appliance/remote/link"
	"pillarbox/appliance/remote/session"
)

// A line counts the octets of all its connections, and how many TLS sessions went on from another.
type line struct {
	net.Listener
	octets  atomic.Int64
	resumed atomic.Int64
	pin     string
	// certificate is that of the server.
	certificate tls.Certificate
	ended       chan struct{}
}

type counted struct {
	net.Conn
	octets *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.octets.Add(int64(n))
	return n, err
}

func (c counted) Write(p []byte) (int, error) {
	c.octets.Add(int64(len(p)))
	return c.Conn.Write(p)
}

func (l *line) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return counted{conn, &l.octets}, nil
}

// crowdedServer has a mailbox of so many messages, and a chain of certificates as large as those of
// providers.
func crowdedServer(t *testing.T, messages int, version uint16) *line {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour)}
	for n := range 60 {
		template.DNSNames = append(template.DNSNames, fmt.Sprintf("server-%d.mail.example.org", n))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	near, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: near, pin: fmt.Sprintf("%x", sha256.Sum256(der)), ended: make(chan struct{})}
	l.certificate = tls.Certificate{Certificate: [][]byte{der, der}, PrivateKey: key}
	secure := tls.NewListener(l, &tls.Config{MaxVersion: version, Certificates: []tls.Certificate{l.certificate}})
	go func() {
		defer close(l.ended)
		for {
			conn, err := secure.Accept()
			if err != nil {
				return
			}
			l.speak(conn.(*tls.Conn), messages)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-l.ended
	})
	return l
}

func (l *line) speak(conn *tls.Conn, messages int) {
	defer conn.Close()
	fmt.Fprint(conn, "+OK Gpop ready for requests from 192.0.2.1 a1mb1\r\n")
	if conn.ConnectionState().DidResume {
		l.resumed.Add(1)
	}
	out := bufio.NewWriter(conn)
	for in := bufio.NewScanner(conn); in.Scan(); {
		switch word, _, _ := strings.Cut(strings.TrimSpace(in.Text()), " "); word {
		case "CAPA":
			io.WriteString(out, "+OK Capability list follows\r\nUSER\r\nRESP-CODES\r\nEXPIRE 0\r\nLOGIN-DELAY 300\r\nTOP\r\nUIDL\r\n.\r\n")
		case "STAT":
			fmt.Fprintf(out, "+OK %d %d\r\n", messages, messages*4096)
		case "LIST", "UIDL":
			io.WriteString(out, "+OK\r\n")
			for n := range messages {
				if word == "LIST" {
					fmt.Fprintf(out, "%d 4096\r\n", n+1)
				} else {
					fmt.Fprintf(out, "%d GmailId%016x\r\n", n+1, n)
				}
			}
			io.WriteString(out, ".\r\n")
		default:
			io.WriteString(out, "+OK\r\n")
		}
		if out.Flush() != nil {
			return
		}
	}
}

// TestIdlePoll: what a poll costs on the line that finds 5,000 messages as they were, and what it
// costs to list them. A session goes on from the one before.
func TestIdlePoll(t *testing.T) {
	p := program(t)
	for name, version := range map[string]uint16{"TLS 1.3": tls.VersionTLS13, "TLS 1.2": tls.VersionTLS12} {
		l := crowdedServer(t, 5000, version)
		target := link.Target{Protocol: "pop3", Address: l.Addr().String(), Implicit: true, Pin: l.pin, Login: session.Login{User: "anna", Secret: "secret"}}
		poll := func(list bool) int64 {
			before := l.octets.Load()
			c, err := p.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Wait()
			if err := c.Open(target); err != nil {
				t.Fatal(err)
			}
			if mark, err := c.Mark(); err != nil || mark != "5000 20480000" {
				t.Fatal(mark, err)
			}
			if list {
				if err := c.List(func(session.Message) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			return l.octets.Load() - before
		}
		listed, again, idle := poll(true), poll(true), poll(false)
		t.Logf("%s: %d octets with a listing and without a ticket, %d with a ticket, %d without a listing", name, listed, again, idle)
		if n := l.resumed.Load(); n != 2 {
			t.Errorf("%s: %d sessions went on from an earlier one, want 2", name, n)
		}
		if idle > 8<<10 || listed < 100<<10 {
			t.Errorf("%s: %d octets, and %d with a listing", name, idle, listed)
		}
		target.Pin = strings.Repeat("0", 64)
		c, err := p.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e := session.As(c.Open(target)); e == nil || e.Kind != session.Certificate {
			t.Errorf("%s: another pin: %v", name, e)
		}
		c.Wait()
	}
}

// TestForeignTicket: a ticket does not make up for a certificate that is not trusted, and octets
// that are none are left alone.
func TestForeignTicket(t *testing.T) {
	p, l := program(t), crowdedServer(t, 1, tls.VersionTLS13)
	target := link.Target{Protocol: "pop3", Address: l.Addr().String(), Implicit: true, Pin: l.pin, Login: session.Login{User: "anna", Secret: "secret"}}
	open := func() error {
		c, err := p.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Wait()
		if err := c.Open(target); err != nil {
			return err
		}
		return c.Close()
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	kept := p.tickets.take(keyOf(&target))
	if len(kept) == 0 {
		t.Fatal("there is no ticket")
	}
	target.Pin = strings.Repeat("0", 64)
	p.tickets.keep(keyOf(&target), kept)
	if e := session.As(open()); e == nil || e.Kind != session.Certificate {
		t.Errorf("with the ticket of a session that was trusted: %v", e)
	}
	target.Pin = l.pin
	for _, octets := range []string{"x", "\x05", string(kept[:len(kept)/2])} {
		p.tickets.keep(keyOf(&target), []byte(octets))
		if err := open(); err != nil {
			t.Errorf("%q: %v", octets, err)
		}
		p.tickets.take(keyOf(&target))
	}
	if l.resumed.Load() != 0 {
		t.Logf("%d sessions went on, and were ended", l.resumed.Load())
	}
}
