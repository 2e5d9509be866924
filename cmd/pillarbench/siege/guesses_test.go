package siege

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
)

// challenge is the first answer of a server that knows the nonce.
var challenge = "+ " + base64.StdEncoding.EncodeToString([]byte("r=siegeSERVER,s=c2FsdA==,i=4096"))

// TestGuess plays servers that judge some guesses: a guess counts as judged by the answer to its
// proof alone, and the first that is not judged ends the connection.
func TestGuess(t *testing.T) {
	tests := []struct {
		name     string
		answers  []string // to each line of the client
		attempts int64
		judged   int64
	}{
		{"judged, then refused before a challenge", []string{challenge, "-ERR [AUTH] wrong", "-ERR [SYS/TEMP] later"}, 2, 1},
		{"judged twice, then refused after the proof", []string{challenge, "-ERR [AUTH] wrong", challenge, "-ERR [AUTH] wrong", challenge, "-ERR [SYS/TEMP] later"}, 3, 2},
		{"refused at once", []string{"-ERR [SYS/TEMP] later"}, 1, 0},
		{"a challenge without a nonce", []string{"+ " + base64.StdEncoding.EncodeToString([]byte("s=c2FsdA=="))}, 1, 0},
		{"no answer, and then the end", nil, 1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // a busy machine is not taken for a server that delays
				client, server := net.Pipe()
				said := make(chan []string, 1)
				go func() { said <- serve(server, test.answers) }()
				var c Counts
				guess(client, "anna", &c)
				client.Close()
				if c.Attempts.Load() != test.attempts || c.Judged.Load() != test.judged {
					t.Errorf("%d attempts, %d judged, want %d and %d", c.Attempts.Load(), c.Judged.Load(), test.attempts, test.judged)
				}
				for at, line := range <-said {
					if test.answers[at] == challenge && !strings.HasPrefix(line, "AUTH SCRAM-SHA-256 ") {
						t.Errorf("line %d is %q, want the begin of an exchange", at, line)
					}
				}
			})
		})
	}
}

// serve greets, replies to each line and disconnects at the first line without a reply. It
// returns the lines.
func serve(conn net.Conn, answers []string) (lines []string) {
	defer conn.Close()
	fmt.Fprint(conn, "+OK ready\r\n")
	in := bufio.NewReader(conn)
	for _, answer := range answers {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		lines = append(lines, strings.TrimSpace(line))
		fmt.Fprintf(conn, "%s\r\n", answer)
	}
	in.ReadString('\n')
	return lines
}

// TestProof checks that a server must compare the proof: it has the server's nonce and 32 octets.
func TestProof(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	said := make(chan []string, 1)
	go func() { said <- serve(server, []string{challenge, "-ERR [AUTH] wrong"}) }()
	in := bufio.NewReader(client)
	in.ReadString('\n')
	if judged, err := wrongProof(client, in, "anna"); !judged || err != nil {
		t.Fatalf("judged %v, %v", judged, err)
	}
	client.Close()
	final, err := base64.StdEncoding.DecodeString((<-said)[1])
	want := "c=biws,r=siegeSERVER,p=" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	if err != nil || string(final) != want {
		t.Errorf("the final message is %q, %v, want %q", final, err, want)
	}
}
