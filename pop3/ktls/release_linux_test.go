package ktls_test

import (
	"crypto/tls"
	"io"
	"testing"

	"pillarbox/pop3/ktls"
	"pillarbox/pop3/ktls/ktlstest"
	"pillarbox/pop3/pop3test"
)

// released returns a session of a kernel, switched, whose server has released what it does not
// need.
func released(t *testing.T, kernel *ktlstest.Kernel) *session {
	t.Helper()
	s := connect(t, kernel, pop3test.TLS(t, ""), &tls.Config{})
	s.toKernel()
	s.tap.Release(s.server)
	return s
}

// Release removes the configuration of the connection at any time, the cipher only after Switch.
func TestRelease(t *testing.T) {
	kernel := new(ktlstest.Kernel)
	k, err := ktls.Over(kernel, true, pop3test.TLS(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	s := connectTo(t, kernel, k, &tls.Config{})
	config, sender := ktls.Kept(s.server)
	if config == nil || sender == nil {
		t.Fatal("crypto/tls has other fields")
	}
	if *config == k.Config() || *sender == nil {
		t.Fatal("crypto/tls keeps something else")
	}
	s.tap.Release(s.server)
	if *config != k.Config() {
		t.Error("the configuration of the connection is kept")
	}
	if *sender == nil {
		t.Fatal("the cipher was released before Switch")
	}
	s.write("+OK\r\n")
	s.want("+OK\r\n")
	s.toKernel()
	s.tap.Release(s.server)
	if *sender != nil {
		t.Error("the cipher is kept")
	}
	s.ask("RETR 1\r\n")
	s.writeKernel(large)
	s.want(large)
	s.ends()
}

// A connection of another Tap, and one before its handshake is done, are left alone.
func TestReleaseNot(t *testing.T) {
	s, other := released(t, new(ktlstest.Kernel)), connect(t, new(ktlstest.Kernel), pop3test.TLS(t, ""), &tls.Config{})
	s.tap.Release(other.server)
	other.write("+OK\r\n")
	other.want("+OK\r\n")

	kernel := new(ktlstest.Kernel)
	k, err := ktls.Over(kernel, true, pop3test.TLS(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	_, far := kernel.Link(t)
	before := k.Server(far)
	config, _ := ktls.Kept(before)
	want := *config
	before.NetConn().(*ktls.Tap).Release(before)
	if *config != want {
		t.Error("the configuration was replaced before the handshake")
	}
}

// Without a cipher, nothing that crypto/tls writes reaches the client, not even what has the length
// of an alert or of a KeyUpdate.
func TestReleasedNothingBeside(t *testing.T) {
	for _, text := range []string{"ab", "abcde", "beside", large} {
		s := released(t, new(ktlstest.Kernel))
		if _, err := io.WriteString(s.server, text); err == nil {
			t.Errorf("crypto/tls could write %.6q", text)
		}
		s.writeKernel("+OK\r\n")
		s.want("+OK\r\n")
	}
}

// Without a cipher, a client that asks for new keys gets them each time. The cipher that crypto/tls
// then makes for itself is released again.
func TestReleasedKeyUpdate(t *testing.T) {
	kernel := new(ktlstest.Kernel)
	x := newExchange(released(t, kernel))
	_, sender := ktls.Kept(x.server)
	for n := range 3 {
		x.command(request, "RETR 1\r\n")
		x.writeKernel("after")
		x.want("after")
		if got := kernel.Installed(); got != n+2 {
			t.Errorf("%d keys were installed, want %d", got, n+2)
		}
		x.tap.Release(x.server)
		if *sender != nil {
			t.Error("the cipher is kept")
		}
	}
	x.ends()
}

// Without a cipher, a client that sends a damaged record receives an alert.
func TestReleasedAlert(t *testing.T) { released(t, new(ktlstest.Kernel)).getsAlert() }
