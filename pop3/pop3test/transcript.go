package pop3test

import (
	"net"
	"testing"

	"pillarbox/pop3/pop3test/transcript"
)

// Run plays a transcript on one connection, which it closes. A line that differs ends the test.
func Run(t testing.TB, conn net.Conn, text string) {
	t.Helper()
	dialled := false
	RunAll(t, func() net.Conn {
		if dialled {
			t.Fatal("the transcript needs a second connection: RunAll")
		}
		dialled = true
		return conn
	}, text)
}

// RunAll plays a transcript that uses several connections; dial makes them.
func RunAll(t testing.TB, dial func() net.Conn, text string) {
	t.Helper()
	stage := transcript.Stage{Dial: func(string) (net.Conn, error) { return dial(), nil }}
	if err := stage.Play(text); err != nil {
		t.Fatal(err)
	}
}
