package watchdogtest

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
)

// A Timer is the watchdog that procd keeps for one instance of a service.
type Timer struct {
	Mode    uint32 // 0 off, 1 passive, 2 active
	Seconds uint32
	Runs    bool
}

// A Ubusd serves the message bus of OpenWrt with the object of procd, as both were observed to
// behave. The reply to a lookup leaves out an object of which the caller may call no method, and
// has status 0. A call that is not permitted has status 6. Each permitted call of "watchdog" sets
// the mode and restarts the timer, or stops it in mode 0. procd restarts the timer when it respawns
// the instance.
type Ubusd struct {
	listener net.Listener
	permits  func(method string) bool
	over     chan struct{}

	mu    sync.Mutex
	timer Timer
	drop  bool
	conns []net.Conn
}

const (
	serviceObject    = 0xabcdef01
	statusNoObject   = 4
	statusNotAllowed = 6
)

// ServeUbusd listens on a Unix socket. permits is the ACL: it reports whether the caller may call a
// method of the object "service". nil permits all, as for root.
func ServeUbusd(path string, permits func(method string) bool) (*Ubusd, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if permits == nil {
		permits = func(string) bool { return true }
	}
	u := &Ubusd{listener: l, permits: permits, over: make(chan struct{})}
	go u.accept()
	return u, nil
}

// Close stops listening, closes all connections, and waits for their goroutines.
func (u *Ubusd) Close() {
	u.listener.Close()
	u.mu.Lock()
	for _, conn := range u.conns {
		conn.Close()
	}
	u.mu.Unlock()
	<-u.over
}

// Timer returns the state of the instance's timer.
func (u *Ubusd) Timer() Timer {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.timer
}

// Arm sets the timer as a call in mode 2 does.
func (u *Ubusd) Arm(seconds uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.timer = Timer{Mode: 2, Seconds: seconds, Runs: true}
}

// Respawn restarts the timer as procd does when it restarts the instance, which keeps its mode.
func (u *Ubusd) Respawn() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.timer.Runs = u.timer.Mode != 0
}

// DropNext closes the connection at the next call instead of replying, as a restart of ubusd does.
func (u *Ubusd) DropNext() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.drop = true
}

func (u *Ubusd) accept() {
	defer close(u.over)
	var group sync.WaitGroup
	defer group.Wait()
	for {
		conn, err := u.listener.Accept()
		if err != nil {
			return
		}
		u.mu.Lock()
		u.conns = append(u.conns, conn)
		u.mu.Unlock()
		group.Go(func() {
			defer conn.Close()
			u.serve(conn)
		})
	}
}

func (u *Ubusd) serve(conn net.Conn) {
	send(conn, 0, 0, nil) // HELLO
	for {
		var head [12]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[8:])&0xffffff-4)
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		seq, in, status := binary.BigEndian.Uint16(head[2:]), fields(body), uint32(0)
		switch head[1] {
		case 4: // LOOKUP
			switch {
			case text(in[2]) != "service":
				status = statusNoObject
			case u.permits("watchdog"):
				send(conn, 2, seq, field(field(nil, 2, []byte("service\x00")), 3, number(serviceObject)))
			}
		case 5: // INVOKE
			var hangUp bool
			if status, hangUp = u.invoke(in); hangUp {
				return
			}
		}
		send(conn, 1, seq, field(nil, 1, number(status)))
	}
}

// invoke returns the status of a call, or hangUp if the connection is closed instead.
func (u *Ubusd) invoke(in map[byte][]byte) (status uint32, hangUp bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.drop {
		u.drop = false
		return 0, true
	}
	if text(in[4]) != "watchdog" || !u.permits("watchdog") {
		return statusNotAllowed, false
	}
	arguments := named(in[7])
	if text(arguments["name"]) != "pillarbox" || text(arguments["instance"]) != "instance1" {
		return statusNoObject, false
	}
	mode, seconds := arguments["mode"], arguments["timeout"]
	if len(mode) == 4 && len(seconds) == 4 {
		m := binary.BigEndian.Uint32(mode)
		u.timer = Timer{Mode: m, Seconds: binary.BigEndian.Uint32(seconds), Runs: m != 0}
	}
	return 0, false
}

func send(conn net.Conn, kind byte, seq uint16, content []byte) {
	m := binary.BigEndian.AppendUint16([]byte{0, kind}, seq)
	conn.Write(field(append(m, number(0x1234)...), 0, content))
}

func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func field(b []byte, id byte, content []byte) []byte {
	b = append(append(b, number(uint32(id)<<24|uint32(4+len(content)))...), content...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// walk calls do with the id and the content of each attribute.
func walk(b []byte, do func(id byte, content []byte)) {
	for len(b) >= 4 {
		head := binary.BigEndian.Uint32(b)
		size := int(head & 0xffffff)
		if size < 4 || size > len(b) {
			return
		}
		do(byte(head>>24&0x7f), b[4:size])
		b = b[min((size+3)&^3, len(b)):]
	}
}

func fields(b []byte) map[byte][]byte {
	found := map[byte][]byte{}
	walk(b, func(id byte, content []byte) { found[id] = content })
	return found
}

// named returns the values of named arguments.
func named(b []byte) map[string][]byte {
	found := map[string][]byte{}
	walk(b, func(_ byte, content []byte) {
		if len(content) < 2 {
			return
		}
		name := int(binary.BigEndian.Uint16(content))
		if value := (2 + name + 1 + 3) &^ 3; value <= len(content) {
			found[string(content[2:2+name])] = content[value:]
		}
	})
	return found
}

// text returns a string without its closing zero octet.
func text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return string(b[:len(b)-1])
}
