package sendmail

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// stranger is the id of a user that nothing else runs as.
const stranger = 54321

// greet listens, as user if that is not -1, and greets the first client as pillarbox does. It
// returns the address and a channel with what that client sends.
func greet(t *testing.T, network, address string, user int) (string, <-chan string) {
	t.Helper()
	listening, received := make(chan net.Listener, 1), make(chan string, 1)
	go func() {
		if user >= 0 { // of this thread, which ends with the goroutine
			runtime.LockOSThread()
			if _, _, err := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uintptr(user), ^uintptr(0)); err != 0 {
				t.Error(err)
			}
		}
		l, err := net.Listen(network, address)
		listening <- l
		if err != nil {
			t.Error(err)
			return
		}
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		s := &scripted{}
		received <- s.talk(conn)
	}()
	l := <-listening
	if l == nil {
		t.FailNow()
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), received
}

// TestServerUser: the user of the server is found on every kind of connection.
func TestServerUser(t *testing.T) {
	own := os.Geteuid()
	for _, tt := range []struct{ name, network, listen, dial string }{
		{"a socket", "unix", filepath.Join(t.TempDir(), "s"), ""},
		{"IPv4", "tcp4", "127.0.0.1:0", ""},
		{"IPv6", "tcp6", "[::1]:0", ""},
		{"IPv4 to a listener of both", "tcp", "[::]:0", "127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.network == "tcp6" || tt.dial != "" {
				if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
					t.Skip("this machine has no IPv6")
				} else {
					l.Close()
				}
			}
			for _, users := range [][]int{{stranger, own}, {stranger}} {
				address, received := greet(t, tt.network, tt.listen, -1)
				if _, port, err := net.SplitHostPort(address); err == nil && tt.dial != "" {
					address = net.JoinHostPort(tt.dial, port)
				}
				network, _, _ := strings.Cut(tt.network, "4")
				way := Way{Network: strings.TrimSuffix(network, "6"), Address: address}
				c, err := dial(way, users)
				if ok := len(users) == 2; ok != (err == nil) {
					t.Fatalf("users %d: %v", users, err)
				}
				if err == nil {
					c.close()
				} else if want := fmt.Sprintf("runs as user id %d", own); !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
				if got := <-received; got != "" {
					t.Errorf("the server received %q", got)
				}
				os.Remove(tt.listen)
			}
		})
	}
}

// TestStrangersServer: a program of another user that greets as pillarbox does gets no mail of
// root, on the port that is guessed and on the one that is configured.
func TestStrangersServer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, for a program of another user")
	}
	dir, err := os.MkdirTemp("", "pillarbox") // which others may enter
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"tcp", "unix"} {
		for _, guessed := range []bool{true, false} {
			listen := "127.0.0.1:0"
			if network == "unix" {
				listen = filepath.Join(dir, fmt.Sprint(guessed))
			}
			address, received := greet(t, network, listen, stranger)
			ours := &scripted{}
			o := &Options{Recipients: []string{"anna"}}
			err := (&Call{Options: o, User: "root", Hostname: "nas", Input: strings.NewReader("x\n"), ServerUsers: []int{0},
				Ways: []Way{{Network: network, Address: address, Guessed: guessed}, ours.serve(t)}}).Do()
			check(t, err, 0, "")
			if got := <-received; got != "" {
				t.Errorf("%s, guessed %v: the stranger received %q", network, guessed, got)
			}
			if got := ours.delivered(); len(got) != 1 {
				t.Errorf("%s, guessed %v: delivered to %q", network, guessed, got)
			}
		}
	}
	address, _ := greet(t, "tcp", "127.0.0.1:0", stranger)
	_, err = dial(Way{Network: "tcp", Address: address, Guessed: true}, []int{0})
	if want := fmt.Sprintf("runs as user id %d, neither as root nor as the user of pillarbox", stranger); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// TestPrivilegedGuess: without a configuration the server's user is not known, and a port that
// needs permission has to do.
func TestPrivilegedGuess(t *testing.T) {
	start, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil || strings.TrimSpace(string(start)) != "1024" {
		t.Skip("this machine has other privileged ports")
	}
	address, _ := greet(t, "tcp", "127.0.0.1:0", -1)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		way  Way
		want bool
	}{
		{Way{Network: "tcp", Address: "127.0.0.1:25", Guessed: true}, true},
		{Way{Network: "tcp", Address: "127.0.0.1:25"}, false},
		{Way{Network: "tcp", Address: "127.0.0.1:1025", Guessed: true}, false},
		{Way{Network: "unix", Address: "/run/pillarbox/25", Guessed: true}, false},
	} {
		if err := checkOwner(conn, tt.way, []int{stranger}); (err == nil) != tt.want {
			t.Errorf("%+v: %v", tt.way, err)
		}
	}
}

// TestTableOfSockets: what is not the established connection is not taken for it.
func TestTableOfSockets(t *testing.T) {
	word := func(octets ...byte) string { return fmt.Sprintf("%08X", binary.NativeEndian.Uint32(octets)) }
	home, other := word(127, 0, 0, 1), word(127, 0, 0, 2)
	mapped := strings.Repeat(word(0, 0, 0, 0), 2) + word(0, 0, 0xff, 0xff) + home
	row := func(local, remote, state, user string) string {
		return fmt.Sprintf("   0: %s %s %s 00000000:00000000 00:00000000 00000000 %5s        0 525 1 0000000065f12165\n", local, remote, state, user)
	}
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	ours := row(home+":0401", home+":9999", "01", "7")
	for _, tt := range []struct {
		name, table string
		user        int
		found       bool
	}{
		{"the connection", head + row(home+":0401", home+":0000", "0A", "1") + ours, 7, true},
		{"IPv4 in the table of IPv6", head + row(mapped+":0401", mapped+":9999", "01", "7"), 7, true},
		{"the listener alone", head + row(home+":0401", home+":0000", "0A", "1"), 0, false},
		{"closed already", row(home+":0401", home+":9999", "04", "0"), 0, false},
		{"another port", row(home+":0402", home+":9999", "01", "1"), 0, false},
		{"another client", row(home+":0401", other+":9999", "01", "1"), 0, false},
		{"our own end", row(home+":9999", home+":0401", "01", "1"), 0, false},
		{"rubbish", "x\n1 2 3\n0: ZZ:0401 " + home + ":9999 01 a b c d e\n\n" + row("7F:0401", home+":9999", "01", "1"), 0, false},
		{"nothing", "", 0, false},
	} {
		file := filepath.Join(t.TempDir(), "tcp")
		if err := os.WriteFile(file, []byte(tt.table), 0o600); err != nil {
			t.Fatal(err)
		}
		user, found, err := ownerIn(file, netip.MustParseAddrPort("127.0.0.1:1025"), netip.MustParseAddrPort("127.0.0.1:39321"))
		if user != tt.user || found != tt.found || err != nil {
			t.Errorf("%s: got %d, %v, %v", tt.name, user, found, err)
		}
	}
}
