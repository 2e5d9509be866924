package sendmail

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// A Way is an address where the server may be reached.
type Way struct {
	Network, Address string // as net.Dial takes them
	LMTP             bool
	Guessed          bool // the configuration is not known: only pillarbox's greeting is accepted
}

// privileged reports whether only root and programs with its permission can listen at a TCP port.
func privileged(way Way) bool {
	_, word, err := net.SplitHostPort(way.Address)
	if err != nil || way.Network != "tcp" {
		return false
	}
	port, err := strconv.Atoi(word)
	if err != nil {
		return false
	}
	first := 1024
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			first = n
		}
	}
	return port < first
}

// checkOwner returns an error if the program at the other end of conn does not run as one of users.
// Any user can open a port above 1023 while the server is down, so that without this check the mail
// of root could go to another user's program. It is called after the greeting.
func checkOwner(conn net.Conn, way Way, users []int) error {
	user, err := ownerOf(conn)
	switch {
	case err == nil && slices.Contains(users, user):
		return nil
	case way.Guessed && privileged(way):
		// The configuration is not known, so neither is the server's user; but a user that may open
		// this port is trusted by the administrator.
		return nil
	case err != nil:
		return fmt.Errorf("the user of the program that listens there is not known: %w", err)
	}
	return fmt.Errorf("the program that listens there runs as user id %d, neither as root nor as the user of pillarbox; stop it, or name the configuration with -C", user)
}

// ownerOf returns the user id of the program at the other end of conn.
func ownerOf(conn net.Conn) (int, error) {
	switch conn := conn.(type) {
	case *net.UnixConn:
		return unixOwner(conn)
	case *net.TCPConn:
		return tcpOwner(conn)
	}
	return 0, errors.ErrUnsupported
}

// unixOwner returns the effective user id of the process that listens on a socket (SO_PEERCRED).
func unixOwner(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *syscall.Ucred
	controlErr := raw.Control(func(fd uintptr) {
		peer, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err := errors.Join(controlErr, err); err != nil {
		return 0, err
	}
	return int(peer.Uid), nil
}

// tcpOwner returns the user id of the socket at the other end of a connection within this machine
// (/proc/net/tcp, /proc/net/tcp6). That is the accepted socket and not the listening one: another
// program may listen now. It has its user from the moment when it is accepted, thus before the
// greeting.
func tcpOwner(conn *net.TCPConn) (int, error) {
	ours, theirs := addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr())
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		user, found, err := ownerIn(table, theirs, ours)
		if err != nil && !errors.Is(err, fs.ErrNotExist) || found {
			return user, err
		}
	}
	return 0, fmt.Errorf("no program of this machine has the socket %v", theirs)
}

// addrPort returns the address of a TCP socket in the form in which it is compared.
func addrPort(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	a := tcp.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// ownerIn searches a table of TCP sockets for an established connection (proc_net_tcp(5)).
func ownerIn(table string, local, remote netip.AddrPort) (user int, found bool, err error) {
	file, err := os.Open(table)
	if err != nil {
		return 0, false, err
	}
	defer file.Close()
	const established = "01"
	for lines := bufio.NewScanner(file); ; {
		if !lines.Scan() {
			return 0, false, lines.Err()
		}
		// sl local_address rem_address st queues tr:when retransmits uid ...
		f := strings.Fields(lines.Text())
		if len(f) < 8 || f[3] != established || hexAddrPort(f[1]) != local || hexAddrPort(f[2]) != remote {
			continue
		}
		user, err := strconv.ParseUint(f[7], 10, 32)
		return int(user), true, err
	}
}

// hexAddrPort reads an address of a table of sockets: words of 32 bits in the byte order of the
// machine, a colon, the port. It returns the zero AddrPort if there is none.
func hexAddrPort(text string) netip.AddrPort {
	words, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil || len(words)%8 != 0 {
		return netip.AddrPort{}
	}
	var octets []byte
	for ; words != ""; words = words[8:] {
		word, err := strconv.ParseUint(words[:8], 16, 32)
		if err != nil {
			return netip.AddrPort{}
		}
		octets = binary.NativeEndian.AppendUint32(octets, uint32(word))
	}
	addr, ok := netip.AddrFromSlice(octets)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number))
}
