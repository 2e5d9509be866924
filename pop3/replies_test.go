package pop3_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// RFC 2449 §4: no line of the server is longer than 512 octets, whatever the lengths of its names.
func TestRepliesFitALine(t *testing.T) {
	server := keeping(t)
	server.Hostname = strings.Repeat("a.", 126) + "a" // the longest there is
	server.Implementation = strings.Repeat("i", 200)
	server.Expire = func(string) pop3.Expiry { return pop3.Expiry{Days: 99999, Varies: true} }
	server.LoginDelay = &pop3.Delays{Every: 3600e9}
	long := strings.Repeat("x", 240)
	near, far := net.Pipe()
	over := make(chan error, 1)
	go func() { over <- server.ServeConn(context.Background(), far, true) }()
	conn := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	go io.WriteString(conn, strings.Join([]string{"CAPA", "AUTH", "LANG", "LANG " + long, "UTF8", "UTF8 " + long, "USER " + long, "PASS " + long,
		long, "AUTH " + long, "RETR " + long, "USER anna", "PASS a secret", "CAPA", "LIST", "UIDL", "RETR " + long, "TOP 1 " + long, "QUIT", ""}, "\r\n"))
	lines, longest := 0, 0
	for in := bufio.NewReader(conn); ; lines++ {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		longest = max(longest, len(line))
	}
	near.Close()
	<-over
	if longest > 512 || longest < 253 || lines < 40 {
		t.Errorf("%d lines, the longest of %d octets", lines, longest)
	}
}

// RFC 5034 §4: a line of an exchange may have 12288 octets, CRLF included.
func TestLongResponse(t *testing.T) {
	server := newServer(sampleStore())
	server.Auth = pop3test.Accounts{"anna": strings.Repeat("x", 9207)}
	response := base64.StdEncoding.EncodeToString([]byte("\x00anna\x00" + strings.Repeat("x", 9207)))
	for _, tt := range []struct {
		name, response, want string
	}{
		{"12286 octets", response + "==", "-ERR not base64"}, // read whole
		{"12287 octets", response + "===", "-ERR line too long"},
		{"a long password", response, "+OK 3 messages"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name[0] == '1' && len(tt.response) != map[byte]int{'6': 12286, '7': 12287}[tt.name[4]] {
				t.Fatalf("it has %d octets", len(tt.response))
			}
			said := hear(server, []byte("AUTH PLAIN\r\n"+tt.response+"\r\n"), 1<<20)
			if !strings.Contains(said, "+ \r\n"+tt.want) {
				t.Errorf("the session says %q, want %q", said, tt.want)
			}
		})
	}
}

// A client that has sent more than was read when its session ends receives the last reply and the
// end of the connection, not a reset, which may overtake the reply.
func TestLastReplyIsReceived(t *testing.T) {
	near, far := pair(t)
	c := talk(t, t.Context(), newServer(sampleStore()), near, far)
	c.say("GET / HTTP/1.1", strings.Repeat("Accept: */*\r\n", 1000))
	if got, err := io.ReadAll(c.in); string(got) != "-ERR this is POP3\r\n" || err != nil {
		t.Errorf("received %q, %v", got, err)
	}
	<-c.over
}
