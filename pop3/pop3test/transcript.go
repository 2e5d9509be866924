package pop3test

import (
	"net"
	"testing"

	"pillarbox/pop3/pop3test/transcript"
)

// RunAll plays a transcript that uses several connections; dial makes them.
func RunAll(t testing.TB, dial func() net.Conn, text string) {
	t.Helper()
	stage := transcript.Stage{Dial: func(string) (net.Conn, error) { return dial(), nil }}
	if err := stage.Play(text); err != nil {
		t.Fatal(err)
	}
}
