package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

const cipherChild = "PILLARBOX_TEST_CIPHER"

// A server whose processor has no instructions for AES encrypts with ChaCha20-Poly1305, also for a
// client that would rather have AES: without them AES takes three to ten times as many instructions
// (scripts/arm.sh).
func TestCipherWithoutAES(t *testing.T) {
	if os.Getenv(cipherChild) != "" {
		serveOne(t)
		return
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(program, "-test.run", "^TestCipherWithoutAES$")
	child.Env = append(os.Environ(), cipherChild+"=1", "GODEBUG=cpu.aes=off")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "at ")
	if err != nil || !ok {
		t.Fatalf("the server said %q, %v", line, err)
	}
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().CipherSuite; got != tls.TLS_CHACHA20_POLY1305_SHA256 {
		t.Errorf("the cipher suite is %s", tls.CipherSuiteName(got))
	}
}

// serveOne prints its address, and serves one session over TLS.
func serveOne(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	fmt.Println("at", listener.Addr())
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(nil)
	server.TLS = pop3test.TLS(t, "")
	server.ServeConn(context.Background(), conn, true)
}
