package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"pillarbox/pop3/ktls"
	"pillarbox/pop3/pop3test"
)

// BenchmarkRetrieveTLS retrieves one message repeatedly over TLS. The client drops the records
// without decrypting them, so that what is measured is the server, the kernel and a client that
// reads. Where the kernel has no TLS, there is no row for it.
func BenchmarkRetrieveTLS(b *testing.B) {
	for name, size := range map[string]int{"4KiB": 4 << 10, "1024KiB": 1 << 20} {
		for _, row := range []string{"crypto-tls", "kernel"} {
			b.Run(name+"/"+row, func(b *testing.B) { retrieveTLS(b, large(size), row) })
		}
	}
}

func retrieveTLS(b *testing.B, mail string, row string) {
	store := new(pop3test.Store)
	store.InFile(b)
	store.Deliver("anna", mail)
	store.Deliver("anna", large(64<<10)) // what switches
	server := newServer(store)
	server.TLS = pop3test.TLS(b, "")
	if row != "crypto-tls" {
		var err error
		if server.Kernel, err = ktls.New(server.TLS, true); err != nil {
			b.Skip(err)
		}
	}
	near, far := pair(b)
	c := talk(b, context.Background(), server, near, far)
	c.say("STLS")
	c.want("+OK")
	secure := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		b.Fatal(err)
	}
	c.conn = secure
	c.in.Reset(secure)
	c.logIn()
	c.say("RETR 2")
	c.multi()
	c.say("RETR 1")
	reply := int64(len(c.want("+OK")) + 2)
	for line := ""; line != ".\r\n"; reply += int64(len(line)) {
		line = c.want("") + "\r\n"
	}
	records := bufio.NewReaderSize(near, 64<<10)
	b.SetBytes(reply)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.Copy(secure, strings.NewReader("RETR 1\r\n")); err != nil {
			b.Fatal(err)
		}
		if err := dropRecords(records, reply); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	near.Close()
	<-c.over
}

// dropRecords reads records with this many octets in them.
func dropRecords(in *bufio.Reader, octets int64) error {
	const overhead = 1 + 16 // the inner type, the tag
	for octets > 0 {
		header := make([]byte, 5)
		if _, err := io.ReadFull(in, header); err != nil {
			return err
		}
		body := int(binary.BigEndian.Uint16(header[3:]))
		if _, err := in.Discard(body); err != nil {
			return err
		}
		octets -= int64(body - overhead)
	}
	return nil
}
