package watchdog

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ubusd stands for the bus and for procd behind it: it was written from the headers of ubus, and no OpenWrt has been asked. answer says the
// status of each invocation, whose content in hexadecimal digits it is given.
func ubusd(t *testing.T, answer func(content string) uint32) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ubus.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-over })
	go func() {
		defer close(over)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serveUbus(conn, answer)
			conn.Close()
		}
	}()
	return path
}

func serveUbus(conn net.Conn, answer func(string) uint32) {
	say := func(kind byte, seq uint16, content []byte) {
		m := binary.BigEndian.AppendUint16([]byte{0, kind}, seq)
		m = binary.BigEndian.AppendUint32(m, 0x1234)
		conn.Write(attributeOf(m, 0, content))
	}
	say(0, 0, nil)
	u := &ubus{conn: conn}
	for {
		kind, seq, content, err := u.hear()
		if err != nil {
			return
		}
		status := uint32(4)
		switch kind {
		case ubusLookup:
			if string(content[4:12]) == "service\x00" {
				status = 0
				say(ubusData, seq, attribute32(attributeText(nil, attrPath, "service"), attrObject, 0xabcdef01))
			}
		case ubusInvoke:
			if status = answer(hex.EncodeToString(content)); status == hangUp {
				return
			}
			say(ubusData, seq, attributeOf(nil, attrData, argument(nil, namedInt, "timeout", []byte{0, 0, 0, 30})))
		}
		say(ubusStatus, seq-1, attribute32(nil, attrStatus, 9)) // of another question
		say(ubusStatus, seq, attribute32(attribute32(nil, attrStatus, status), attrObject, 0xabcdef01))
	}
}

const hangUp = 1 << 30

// feeding is the invocation for 30 s, octet by octet.
const feeding = "03000008" + "abcdef01" + // object
	"0400000d" + "7761746368646f6700" + "000000" + // method "watchdog"
	"0700005c" +
	"83000016" + "0004" + "6e616d6500" + "00" + "70696c6c6172626f7800" + "0000" + // name: "pillarbox"
	"8300001a" + "0008" + "696e7374616e636500" + "00" + "696e7374616e63653100" + "0000" + // instance: "instance1"
	"85000010" + "0004" + "6d6f646500" + "00" + "00000002" + // mode
	"85000014" + "0007" + "74696d656f757400" + "0000" + "0000001e" // timeout

func TestProcd(t *testing.T) {
	var heard []string
	status := []uint32{0, 0, hangUp, 0, 0}
	path := ubusd(t, func(content string) uint32 {
		heard = append(heard, content)
		return status[len(heard)-1]
	})
	d, err := dialProcd([]string{filepath.Join(t.TempDir(), "none"), path}, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if d.Timeout() != 30*time.Second {
		t.Errorf("its timeout is %v", d.Timeout())
	}
	if err := d.Feed(); err != nil {
		t.Error(err)
	}
	if err := d.Feed(); err != nil { // procd is started again meanwhile
		t.Error(err)
	}
	if err := d.Disarm(); err != nil {
		t.Error(err)
	}
	if len(heard) != 5 {
		t.Fatalf("heard %d invocations", len(heard))
	}
	for i, got := range heard[:4] {
		if got != feeding {
			t.Errorf("invocation %d was\n%s, not\n%s", i, got, feeding)
		}
	}
	if heard[4] != strings.Replace(feeding, "00000002"+"85000014", "00000000"+"85000014", 1) {
		t.Errorf("the last invocation was\n%s", heard[4])
	}
}

func TestNoProcd(t *testing.T) {
	if _, err := dialProcd([]string{filepath.Join(t.TempDir(), "none")}, time.Minute); err == nil {
		t.Error("procd without a bus")
	}
	path := ubusd(t, func(string) uint32 { return 6 })
	if _, err := dialProcd([]string{path}, time.Minute); err == nil || !strings.Contains(err.Error(), "acl.d") {
		t.Errorf("without permission: %v", err)
	}
}

// FuzzUbus: whatever ubusd says, this comes to an end.
func FuzzUbus(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x0c\x01\x00\x00\x08\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x08\x03\x00\x00\xff"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		u := &ubus{conn: said{strings.NewReader(string(answer))}}
		u.ask(ubusLookup, 0, nil, func(byte, []byte) {})
	})
}

// said is a connection at whose other end all has been said.
type said struct{ io.Reader }

func (said) Write(p []byte) (int, error)      { return len(p), nil }
func (said) Close() error                     { return nil }
func (said) LocalAddr() net.Addr              { return nil }
func (said) RemoteAddr() net.Addr             { return nil }
func (said) SetDeadline(time.Time) error      { return nil }
func (said) SetReadDeadline(time.Time) error  { return nil }
func (said) SetWriteDeadline(time.Time) error { return nil }
