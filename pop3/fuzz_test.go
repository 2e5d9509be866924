package pop3_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
	"pillarbox/pop3/wire"
)

// seeds are the client's lines of all stories.
func seeds(f *testing.F) [][]byte {
	f.Helper()
	stories, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(stories) == 0 {
		f.Fatalf("no stories: %v", err)
	}
	var all [][]byte
	for _, story := range stories {
		text, err := os.ReadFile(story)
		if err != nil {
			f.Fatal(err)
		}
		var said []byte
		for line := range strings.Lines(string(text)) {
			if line, ok := strings.CutPrefix(line, "C: "); ok {
				said = append(said, strings.TrimSuffix(line, "\n")+"\r\n"...)
			}
		}
		all = append(all, said)
	}
	return append(all, []byte("QUIT"), []byte("QUIT\n"), []byte("QUIT\x00\r\n"), []byte("DELE 1\r\nQUIT\r"), []byte("TOP 2 1\r\nRETR 2\r\n\xff\r\n"))
}

// A tape is a connection from which input is read in pieces, and then its end. It keeps what is
// written.
type tape struct {
	net.Conn // nil: nothing else is called
	input    []byte
	piece    int
	said     bytes.Buffer
}

func (c *tape) Read(p []byte) (int, error) {
	n := copy(p, c.input[:min(len(c.input), c.piece)])
	c.input = c.input[n:]
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (c *tape) Write(p []byte) (int, error)      { return c.said.Write(p) }
func (c *tape) Close() error                     { return nil }
func (c *tape) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// hear plays input to a session, in pieces of that many octets, and returns what it said.
func hear(server *pop3.Server, input []byte, piece int) string {
	conn := &tape{input: input, piece: piece}
	server.ServeConn(context.Background(), conn, false)
	return conn.said.String()
}

// hearTLS does the same over TLS.
func hearTLS(server *pop3.Server, input []byte) string {
	near, far := net.Pipe()
	over := make(chan error, 1)
	go func() { over <- server.ServeConn(context.Background(), far, true) }()
	conn := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
	go func() {
		conn.Write(input)
		conn.CloseWrite()
	}()
	said, _ := io.ReadAll(conn)
	near.Close()
	<-over
	return string(said)
}

// checkReplies holds what is true of whatever was sent: every reply is one, no secret and no input
// is repeated, and mail is gone only when QUIT was a whole line and its +OK was the last thing
// said.
func checkReplies(t *testing.T, said string, input []byte, left int) {
	t.Helper()
	said, _, secured := strings.Cut(said, "+OK begin TLS\r\n") // octets of a handshake follow
	if secured {
		said += "+OK begin TLS\r\n"
	}
	if !strings.HasPrefix(said, "+OK ") || !strings.HasSuffix(said, "\r\n") {
		t.Errorf("the session says %q", said)
	}
	if strings.Contains(strings.ReplaceAll(said, "\r\n", ""), "\n") {
		t.Errorf("bare LF in %q", said)
	}
	if left < 3 && (!strings.HasSuffix(said, "+OK bye\r\n") || !bytes.Contains(bytes.ToUpper(input), []byte("QUIT"))) {
		t.Errorf("%d messages are left after %q, to which the session said %q", left, input, said)
	}
}

// fuzzFrom fuzzes sessions that begin with what before says. How the input is cut into pieces makes
// no difference.
func fuzzFrom(f *testing.F, before string) {
	for _, seed := range seeds(f) {
		f.Add(seed, uint16(0))
	}
	config := pop3test.TLS(f, "pop3")
	f.Fuzz(func(t *testing.T, input []byte, piece uint16) {
		input = append([]byte(before), input...)
		server := newServer(nil)
		server.TLS = config
		play := func(piece int) string {
			store := sampleStore()
			server.Store = store
			said := hear(server, input, piece)
			checkReplies(t, said, input, len(store.UIDs("anna")))
			if store.Opened() != 0 {
				t.Errorf("%d maildrops are open", store.Opened())
			}
			return said
		}
		// A line that is too long and holds a zero octet is refused for what is seen first.
		same := strings.NewReplacer("zero octet in a command", "line too long")
		whole, pieces := same.Replace(play(len(input)+1)), same.Replace(play(int(piece)+1))
		if whole != pieces && !bytes.Contains(bytes.ToUpper(input), []byte("STLS")) {
			t.Errorf("%q at once: %q\nin pieces of %d: %q", input, whole, piece+1, pieces)
		}
	})
}

func FuzzSessionFromAuthorization(f *testing.F) { fuzzFrom(f, "") }
func FuzzSessionAfterUser(f *testing.F)         { fuzzFrom(f, "USER anna\r\n") }
func FuzzSessionInAuth(f *testing.F)            { fuzzFrom(f, "AUTH LOGIN\r\n") }
func FuzzSessionFromTransaction(f *testing.F)   { fuzzFrom(f, "USER anna\r\nPASS a secret\r\n") }
func FuzzSessionWithMarks(f *testing.F) {
	fuzzFrom(f, "USER anna\r\nPASS a secret\r\nDELE 2\r\n")
}

// Over TLS, a session behaves in the same way.
func FuzzSessionOverTLS(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	config := pop3test.TLS(f, "pop3")
	f.Fuzz(func(t *testing.T, input []byte) {
		store := sampleStore()
		server := newServer(store)
		server.TLS = config
		said := hearTLS(server, input)
		checkReplies(t, said, input, len(store.UIDs("anna")))
	})
}

// After STLS, plain octets are no commands: the Authenticator is not called, whatever follows.
func FuzzSessionAfterSTLS(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed, uint16(0))
	}
	config := pop3test.TLS(f, "pop3")
	f.Fuzz(func(t *testing.T, input []byte, piece uint16) {
		server := newServer(sampleStore())
		server.TLS = config
		var asked atomic.Int64
		server.Auth = counted{server.Auth, &asked}
		hear(server, append([]byte("USER anna\r\nSTLS\r\n"), input...), int(piece)+1)
		if asked.Load() != 0 {
			t.Errorf("a password was verified after %q", input)
		}
	})
}

// counted is an Authenticator that counts.
type counted struct {
	pop3.Authenticator
	asked *atomic.Int64
}

func (c counted) Authenticate(ctx context.Context, cr pop3.Credentials) (string, error) {
	c.asked.Add(1)
	return c.Authenticator.Authenticate(ctx, cr)
}

// AUTH succeeds with the right password, and with nothing else.
func FuzzAuthPlain(f *testing.F) {
	for _, response := range []string{"\x00anna\x00a secret", "anna\x00anna\x00a secret", "bert\x00anna\x00a secret", "\x00anna\x00a secret\x00", "\x00\x00", "=", ""} {
		f.Add([]byte(response))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		line := "AUTH PLAIN\r\n" + base64.StdEncoding.EncodeToString(response) + "\r\nSTAT\r\n"
		said := hear(newServer(sampleStore()), []byte(line), len(line))
		knows := map[string]bool{"\x00anna\x00a secret": true, "anna\x00anna\x00a secret": true}[string(response)]
		if in := strings.Contains(said, "+OK 3 98"); in != knows && !strings.Contains(string(response), "bert") && !strings.Contains(string(response), "carla") {
			t.Errorf("AUTH PLAIN %q: logged in is %v; the session says %q", response, in, said)
		}
	})
}

// TOP of any message is the prefix that a reader of single lines would cut, and RETR is all of it.
func FuzzTop(f *testing.F) {
	for _, n := range nasty {
		if len(n.mail) < 10_000 {
			f.Add(n.mail, uint16(2))
		}
	}
	f.Fuzz(func(t *testing.T, mail string, lines uint16) {
		store := new(pop3test.Store)
		store.Deliver("anna", mail)
		// Without UTF8 a header may be rewritten, and has another size.
		for _, saysUTF8 := range []bool{true, false} {
			c := talkPipe(t, newServer(store))
			if saysUTF8 {
				c.say("UTF8")
				c.want("+OK")
			}
			c.logIn()
			c.say("LIST 1")
			octets := number(t, c.want("+OK"), 2)
			c.say("RETR 1")
			whole := c.multi()
			if saysUTF8 && int64(len(whole)) != octets {
				t.Errorf("RETR has %d octets, LIST says %d", len(whole), octets)
			}
			c.say(fmt.Sprintf("TOP 1 %d", lines))
			if got, want := c.multi(), naiveTop(whole, int(lines)); got != want {
				t.Errorf("TOP 1 %d of %q (UTF8: %v) = %q, want %q", lines, mail, saysUTF8, got, want)
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		}
	})
}

// A message is the same for a client with UTF8 and one without, except for fields of its header
// that are in UTF-8: those are in ASCII. The body is equal. One without such fields is sent with
// its size.
func FuzzRewritten(f *testing.F) {
	for _, header := range []string{"Subject: Grüße", "From: ü <ü@x>\nTo: Dörte <d@x>", "Subject: Gr\xfc\xdfe\nX: ü", "Grüße", "A: ü\nno field\nB: ü", ".A: ü\n b\n\tü", "Message-ID: <ü>"} {
		f.Add(header, "body\n.\nü\n")
	}
	f.Fuzz(func(t *testing.T, header, body string) {
		header = strings.Trim(strings.NewReplacer("\r", "", "\x00", "").Replace(header), "\n")
		for strings.Contains(header, "\n\n") {
			header = strings.ReplaceAll(header, "\n\n", "\n")
		}
		store := new(pop3test.Store)
		store.Deliver("anna", header+"\n\n"+body)
		retrieve := func(before ...string) (reply, header, body string) {
			c := talkPipe(t, newServer(store))
			for _, line := range before {
				c.say(line)
				c.want("+OK")
			}
			c.logIn()
			c.say("RETR 1")
			reply = c.want("+OK")
			var text strings.Builder
			for line := c.want(""); line != "."; line = c.want("") {
				text.WriteString(line + "\r\n")
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
			header, body, _ = strings.Cut("\r\n"+text.String(), "\r\n\r\n")
			return reply, header, body
		}
		sized, stored, text := retrieve("UTF8")
		reply, got, gotText := retrieve()
		if gotText != text {
			t.Errorf("the body of %q is %q, want %q", header, gotText, text)
		}
		if same := got == stored; same != (reply == sized) {
			t.Errorf("the header %q is sent as %q, with %q", stored, got, reply)
		}
		fields := true
		for line := range strings.SplitSeq(strings.TrimPrefix(stored, "\r\n"), "\r\n") {
			name, _, colon := strings.Cut(line, ":")
			folded := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
			fields = fields && (folded || colon && strings.Trim(name, " \t") != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.") == "")
		}
		if fields && utf8.ValidString(stored) && !strings.HasPrefix(stored, "\r\n ") && !strings.HasPrefix(stored, "\r\n\t") && wire.EightBit([]byte(got)) {
			t.Errorf("the header %q is sent as %q, which is not ASCII", stored, got)
		}
	})
}
