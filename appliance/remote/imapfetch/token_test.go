package imapfetch

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"pillarbox/appliance/remote/session"
)

// tokens is an IMAP server that takes a token in two steps alone. It returns what came to it.
func tokens(conn net.Conn, mechanism, good, refusal string) (said []string) {
	defer conn.Close()
	in := bufio.NewScanner(conn)
	fmt.Fprint(conn, "* OK ready\r\n")
	for in.Scan() {
		tag, command, _ := strings.Cut(in.Text(), " ")
		said = append(said, command)
		switch {
		case command == "CAPABILITY":
			fmt.Fprintf(conn, "* CAPABILITY IMAP4rev1 SASL-IR LITERAL+ UIDPLUS AUTH=PLAIN AUTH=%s\r\n%s OK\r\n", mechanism, tag)
		case strings.HasPrefix(command, "AUTHENTICATE "):
			fmt.Fprint(conn, "+ \r\n")
			in.Scan()
			said = append(said, in.Text())
			token, _ := base64.StdEncoding.DecodeString(in.Text())
			if strings.Contains(string(token), "auth=Bearer "+good+"\x01") {
				fmt.Fprintf(conn, "* CAPABILITY IMAP4rev1\r\n%s OK\r\n", tag)
				continue
			}
			fmt.Fprintf(conn, "+ %s\r\n", base64.StdEncoding.EncodeToString([]byte(refusal)))
			in.Scan()
			said = append(said, in.Text())
			fmt.Fprintf(conn, "%s NO AUTHENTICATE failed.\r\n", tag)
		case strings.HasPrefix(command, "LIST"):
			fmt.Fprintf(conn, "* LIST () \"/\" INBOX\r\n%s OK\r\n", tag)
		case strings.HasPrefix(command, "STATUS"):
			fmt.Fprintf(conn, "* STATUS INBOX (UIDVALIDITY 1 MESSAGES 0 UIDNEXT 1)\r\n%s OK\r\n", tag)
		default:
			fmt.Fprintf(conn, "%s OK\r\n", tag)
		}
	}
	return said
}

// TestToken: a token is sent when the server asks for it, and a refusal is answered and told.
func TestToken(t *testing.T) {
	for _, row := range []struct{ mechanism, token, refusal, answer, text string }{
		{"XOAUTH2", "good", "", "", ""},
		{"OAUTHBEARER", "good", "", "", ""},
		{"XOAUTH2", "old", `{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`, "", "AUTHENTICATE failed. (status 401, the scope https://mail.example/ is needed)"},
		{"OAUTHBEARER", "old", `{"status":"invalid_token"}`, "AQ==", "failed. (the access token has expired or was withdrawn)"},
	} {
		near, far := net.Pipe()
		ended := make(chan []string, 1)
		go func() { ended <- tokens(far, row.mechanism, "good", row.refusal) }()
		m, err := Open(near, nil, session.Login{User: "anna", Secret: row.token, Token: true}, []string{"INBOX"}, nil)
		if e := session.As(err); row.text == "" && err != nil || row.text != "" && (e == nil || e.Kind != session.Auth || !strings.Contains(e.Text, row.text)) {
			t.Errorf("%s %s: %v", row.mechanism, row.token, err)
		}
		if m != nil {
			m.client.Close()
		}
		said := <-ended
		i := slices.Index(said, "AUTHENTICATE "+row.mechanism)
		if i < 0 || len(said) < i+2 {
			t.Fatalf("%s %s: said %q", row.mechanism, row.token, said)
		}
		if row.text != "" && (len(said) < i+3 || said[i+2] != row.answer) {
			t.Errorf("%s: a refusal was answered by %q", row.mechanism, said)
		}
	}
}
