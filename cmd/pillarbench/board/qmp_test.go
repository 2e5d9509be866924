package board

import (
	"bufio"
	"io"
	"maps"
	"net"
	"strings"
	"testing"
)

// What QEMU answers for the ports 110 and 25, in one line, with an answer and an event before it.
const usernet = `{"return": {}}
{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "RESUME"}
{"return": "Hub -1 (n):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n` +
	`  TCP[HOST_FORWARD]  14       127.0.0.1 34521       10.0.2.15    25     0     0\r\n  TCP[HOST_FORWARD]  13       127.0.0.1 40001       10.0.2.15   110     0     0\r\n"}
`

func TestForwarded(t *testing.T) {
	for _, row := range []struct {
		name  string
		ports []int
		want  map[int]string // nil: an error
	}{
		{"each port has its own", []int{110, 25}, map[int]string{25: "127.0.0.1:34521", 110: "127.0.0.1:40001"}},
		{"a port is missing", []int{110, 995}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			here, there := net.Pipe()
			m := &monitor{here, newTranscript(), make(chan struct{})}
			go func() {
				defer close(m.done)
				m.said.copy(here)
			}()
			asked := make(chan string, 1)
			go func() {
				line, _ := bufio.NewReader(there).ReadString('\n')
				asked <- line
				io.WriteString(there, usernet)
			}()
			got, err := m.forwarded(row.ports)
			m.close()
			if (err != nil) != (row.want == nil) || !maps.Equal(got, row.want) {
				t.Errorf("got %v and %v, want %v", got, err, row.want)
			}
			if line := <-asked; !strings.Contains(line, "info usernet") {
				t.Errorf("asked %q", line)
			}
		})
	}
}
