package device

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pillarbox/watchdog/watchdogtest"
)

// ubusd serves the bus and the object of procd, octet by octet. It calls answer with the content of
// each invocation in hexadecimal digits; answer returns the status. ubusd returns the root
// directory of its machine.
func ubusd(t *testing.T, answer func(content string) uint32) (root string) {
	t.Helper()
	root = t.TempDir()
	l, err := net.Listen("unix", busIn(t, root, procdSockets[1]))
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
	return root
}

// busIn makes the directory of a socket of ubusd below root and returns the path of the socket.
func busIn(t *testing.T, root, socket string) string {
	t.Helper()
	path := filepath.Join(root, socket)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func serveUbus(conn net.Conn, answer func(string) uint32) {
	say := func(kind byte, seq uint16, content []byte) {
		m := binary.BigEndian.AppendUint16([]byte{0, kind}, seq)
		m = binary.BigEndian.AppendUint32(m, 0x1234)
		conn.Write(appendAttribute(m, 0, content))
	}
	say(0, 0, nil)
	u := &ubus{conn: conn}
	for {
		kind, seq, content, err := u.readMessage()
		if err != nil {
			return
		}
		status := uint32(4)
		switch kind {
		case ubusLookup:
			if string(content[4:12]) == "service\x00" {
				status = 0
				say(ubusData, seq, appendUint32(appendString(nil, attrPath, "service"), attrObject, 0xabcdef01))
			}
		case ubusInvoke:
			if status = answer(hex.EncodeToString(content)); status == hangUp {
				return
			}
			say(ubusData, seq, appendAttribute(nil, attrData, appendIntArgument(nil, "timeout", 30)))
		}
		say(ubusStatus, seq-1, appendUint32(nil, attrStatus, 9)) // of another call
		say(ubusStatus, seq, appendUint32(appendUint32(nil, attrStatus, status), attrObject, 0xabcdef01))
	}
}

const hangUp = 1 << 30

// feeding is the invocation for 30 s, octet by octet.
const feeding = "03000008" + "abcdef01" + // object
	"0400000d" + "7761746368646f6700" + "000000" + // method "watchdog"
	"0700005c" +
	"83000016" + "0004" + "6e616d6500" + "00" + "70696c6c6172626f7800" + "0000" + // name: "pillarbox"
	// Instance: "instance1".
	"8300001a" + "0008" + "696e7374616e636500" + "00" + "696e7374616e63653100" + "0000" +
	"85000010" + "0004" + "6d6f646500" + "00" + "00000002" + // mode
	"85000014" + "0007" + "74696d656f757400" + "0000" + "0000001e" // timeout

func TestProcd(t *testing.T) {
	var calls []string
	status := []uint32{0, 0, hangUp, 0, 0}
	root := ubusd(t, func(content string) uint32 {
		calls = append(calls, content)
		return status[len(calls)-1]
	})
	d, err := DialProcd(root, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if d.Timeout() != 30*time.Second {
		t.Errorf("its timeout is %v", d.Timeout())
	}
	if err := d.Feed(); err != nil {
		t.Error(err)
	}
	if err := d.Feed(); err != nil { // after ubusd has closed the connection
		t.Error(err)
	}
	if err := d.Disarm(); err != nil {
		t.Error(err)
	}
	if len(calls) != 5 {
		t.Fatalf("%d invocations", len(calls))
	}
	for i, got := range calls[:4] {
		if got != feeding {
			t.Errorf("invocation %d was\n%s, not\n%s", i, got, feeding)
		}
	}
	if calls[4] != strings.Replace(feeding, "00000002"+"85000014", "00000000"+"85000014", 1) {
		t.Errorf("the last invocation was\n%s", calls[4])
	}
}

func TestNoProcd(t *testing.T) {
	if _, err := DialProcd(t.TempDir(), time.Minute); !errors.Is(err, ErrNoProcd) {
		t.Errorf("procd without a bus: %v", err)
	}
	if err := PauseProcd(t.TempDir(), time.Minute); !errors.Is(err, ErrNoProcd) {
		t.Errorf("paused without a bus: %v", err)
	}
	refused := ubusd(t, func(string) uint32 { return 6 })
	if _, err := DialProcd(refused, time.Minute); err == nil || !strings.Contains(err.Error(), "acl.d") {
		t.Errorf("a call that is not permitted: %v", err)
	}
	hidden, _ := bus(t, func(string) bool { return false })
	_, err := DialProcd(hidden, time.Minute)
	for _, want := range []string{"acl.d", `"service"`, `"watchdog"`, "HUP"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without an ACL: %v does not say %s", err, want)
		}
	}
	auto := Choice{Device: Auto, Root: hidden, Timeout: time.Minute}
	if _, _, err := auto.Open(); !errors.Is(err, errHidden) {
		t.Errorf("auto where procd is and refuses: %v", err)
	}
}

// TestDisarmWhileProcdStops: procd removes an instance before it ends its process.
func TestDisarmWhileProcdStops(t *testing.T) {
	var status atomic.Uint32
	root := ubusd(t, func(string) uint32 { return status.Load() })
	d, err := DialProcd(root, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	status.Store(4)
	if err := d.Feed(); !errors.Is(err, errGone) {
		t.Errorf("fed: %v", err)
	}
	if err := d.Disarm(); err != nil {
		t.Errorf("disarmed: %v", err)
	}
}

// bus starts a ubusd with the object of procd, below a root directory of its own.
func bus(t *testing.T, permits func(method string) bool) (root string, u *watchdogtest.Ubusd) {
	t.Helper()
	root = t.TempDir()
	u, err := watchdogtest.ServeUbusd(busIn(t, root, procdSockets[0]), permits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	return root, u
}

// shippedACL reads the ACL in the package for OpenWrt, and decides as ubusd does.
func shippedACL(t *testing.T) func(method string) bool {
	t.Helper()
	text, err := os.ReadFile("../../scripts/package/openwrt/pillarbox/files/pillarbox.acl.json")
	if err != nil {
		t.Fatal(err)
	}
	var acl struct {
		User   string
		Access map[string]struct{ Methods []string }
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&acl); err != nil {
		t.Fatal(err)
	}
	if acl.User != "pillarbox" || len(acl.Access) != 1 {
		t.Errorf("the ACL is %+v", acl)
	}
	return func(method string) bool { return slices.Contains(acl.Access["service"].Methods, method) }
}

// TestProcdTimer runs through the life of an instance with the ACL of the package.
func TestProcdTimer(t *testing.T) {
	permits := shippedACL(t)
	if permits("set") || permits("delete") || permits("*") {
		t.Error("the ACL permits more than the watchdog")
	}
	root, u := bus(t, permits)
	d, err := DialProcd(root, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := u.Timer(), (watchdogtest.Timer{Mode: 2, Seconds: 10, Runs: true}); got != want {
		t.Errorf("armed: %+v", got)
	}
	u.DropNext()
	if err := d.Feed(); err != nil {
		t.Errorf("ubusd was started again: %v", err)
	}
	u.Respawn() // after a kill procd starts the timer before the new process does anything
	if !u.Timer().Runs {
		t.Error("the timer does not run after a respawn")
	}
	if err := PauseProcd(root, 10*time.Second); err != nil {
		t.Error(err)
	}
	if u.Timer().Runs {
		t.Error("the timer runs while the server starts")
	}
	if d, err = DialProcd(root, 10*time.Second); err != nil || !u.Timer().Runs {
		t.Errorf("armed again: %+v, %v", u.Timer(), err)
	}
	if err := d.Disarm(); err != nil || u.Timer().Runs {
		t.Errorf("disarmed: %+v, %v", u.Timer(), err)
	}
}

// FuzzUbus: a call returns for any octets that ubusd sends.
func FuzzUbus(f *testing.F) {
	f.Add([]byte("\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x0c\x01\x00\x00\x08\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x08\x03\x00\x00\xff"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		u := &ubus{conn: recorded{strings.NewReader(string(answer))}}
		u.call(ubusLookup, 0, nil, func(byte, []byte) {})
	})
}

// A recorded connection reads what was recorded and discards what is written.
type recorded struct{ io.Reader }

func (recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (recorded) Close() error                     { return nil }
func (recorded) LocalAddr() net.Addr              { return nil }
func (recorded) RemoteAddr() net.Addr             { return nil }
func (recorded) SetDeadline(time.Time) error      { return nil }
func (recorded) SetReadDeadline(time.Time) error  { return nil }
func (recorded) SetWriteDeadline(time.Time) error { return nil }
