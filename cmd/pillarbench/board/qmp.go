package board

import (
	"fmt"
	"net"
	"os"
	"time"
)

// A monitor is the connection to QEMU's machine protocol (docs/interop/qmp-spec): a line a message, in JSON. It is
// told one command and read for events, whose lines begin with the time or the name of the event.
type monitor struct {
	conn net.Conn
	said *transcript
	done chan struct{}
}

// monitorPatience is how long QEMU may take to make its socket.
const monitorPatience = 10 * time.Second

// dialMonitor waits for the socket and leaves the mode of negotiation.
func dialMonitor(path string, gone <-chan struct{}) (*monitor, error) {
	var conn net.Conn
	for deadline := time.Now().Add(monitorPatience); ; {
		var err error
		if conn, err = net.Dial("unix", path); err == nil {
			break
		}
		select {
		case <-gone:
			return nil, fmt.Errorf("the emulator ended at once")
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return nil, err
		}
	}
	os.Remove(path) // nobody else is to find it
	m := &monitor{conn, newTranscript(), make(chan struct{})}
	go func() {
		defer close(m.done)
		m.said.copy(conn)
	}()
	if _, err := conn.Write([]byte(`{"execute":"qmp_capabilities"}` + "\n")); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

// pattern is what a line of an event has in it.
func pattern(event string) string { return `"event": "` + event + `"` }

func (m *monitor) close() {
	m.conn.Close()
	<-m.done
}
