package siege

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

const (
	// guessers is how many connections guess at a time: fewer than an address may have, so that the
	// guesses are limited, not the connections.
	guessers = 16
	// guessAddresses is how many addresses of the network they use in turn.
	guessAddresses = 250
	// guessPatience is how long a connection waits for a reply before it continues from another
	// address: a server that delays guesses does not delay those from the next address.
	guessPatience = 100 * time.Millisecond
)

// guesses sends wrong proofs of SCRAM-SHA-256, which cost the server no key derivation, as fast
// as it replies.
func guesses(ctx context.Context, t Target, c *Counts) {
	together(guessers, func(i int) {
		for n := i; ctx.Err() == nil; n += guessers {
			if conn := connect(ctx, c, neighbour(n%guessAddresses), t.POP3); conn != nil {
				guess(conn, t.Account, c)
				conn.Close()
			}
		}
	})
}

// guess sends proofs until one is not judged, then disconnects.
func guess(conn net.Conn, account string, c *Counts) {
	in := bufio.NewReader(conn)
	conn.SetDeadline(time.Now().Add(answerPatience))
	if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
		return
	}
	for judged := true; judged; {
		conn.SetDeadline(time.Now().Add(guessPatience))
		c.Attempts.Add(1)
		var err error
		if judged, err = wrongProof(conn, in, account); err != nil {
			return
		}
		if judged {
			c.Judged.Add(1)
		}
	}
}

// wrongProof runs an exchange (RFC 5034, RFC 7677). It reports whether the server judged the proof.
func wrongProof(out io.Writer, in *bufio.Reader, account string) (judged bool, err error) {
	encode := base64.StdEncoding.EncodeToString
	fmt.Fprintf(out, "AUTH SCRAM-SHA-256 %s\r\n", encode([]byte("n,,n="+account+",r=siege")))
	line, err := in.ReadString('\n')
	if err != nil {
		return false, err
	}
	challenge, ok := strings.CutPrefix(strings.TrimSpace(line), "+ ")
	if !ok {
		return false, nil // rejected before the proof
	}
	text, err := base64.StdEncoding.DecodeString(challenge)
	if err != nil {
		return false, err
	}
	nonce, _, ok := strings.Cut(string(text), ",")
	if !ok || !strings.HasPrefix(nonce, "r=") {
		return false, errors.New("the challenge has no nonce")
	}
	fmt.Fprintf(out, "%s\r\n", encode([]byte("c=biws,"+nonce+",p="+encode(make([]byte, 32)))))
	if line, err = in.ReadString('\n'); err != nil {
		return false, err
	}
	return strings.HasPrefix(line, "-ERR [AUTH]"), nil
}
