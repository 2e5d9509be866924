package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/session"
)

// A scripted is a session of a test.
type scripted struct {
	messages []session.Message
	content  string
	deleted  []uint64
	closed   bool
}

func (s *scripted) List(each func(session.Message) error) error {
	for _, m := range s.messages {
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

func (s *scripted) Header(ref uint64, to io.Writer) error {
	if ref != 1 {
		return session.Errorf(session.Refused, "no such message")
	}
	_, err := io.WriteString(to, "Subject: a\r\n\r\n")
	return err
}

func (s *scripted) Fetch(_ uint64, from int64, to io.Writer) error {
	_, err := io.WriteString(to, s.content[min(from, int64(len(s.content))):])
	return err
}

func (s *scripted) Delete(refs []uint64) error { s.deleted = refs; return nil }

func (s *scripted) Close() error { s.closed = true; return nil }

// TestSession: a session over the link is that of the child.
func TestSession(t *testing.T) {
	near, far := net.Pipe()
	one := &scripted{
		messages: []session.Message{{Ref: 1, ID: "pop3 a", Octets: 5}, {Ref: 1<<32 | 7, ID: "imap Junk 1 7", Octets: 1 << 40, Date: time.Unix(1795000000, 0), Folder: "Junk", Stable: true}},
		content:  strings.Repeat("0123456789abcdef", 5000),
	}
	target := Target{Protocol: "imap", Address: "imap.example.org:993", Implicit: true, Pin: "ab", Folders: []string{"INBOX", "Junk"}, Login: session.Login{User: "anna", Secret: "s", Token: true}, Ticket: []byte("kept")}
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(far, func(got Target) (session.Mailbox, error) {
			if got.Address != target.Address || got.Login != target.Login || len(got.Folders) != 2 || !got.Implicit || string(got.Ticket) != "kept" {
				return nil, session.Errorf(session.Auth, "the target is %+v", got)
			}
			return one, nil
		}, nil)
	}()
	c := NewClient(near)
	var e *session.Error
	if err := c.List(nil); !errors.As(err, &e) {
		t.Errorf("before the session: %v", err)
	}
	if err := c.Open(target); err != nil {
		t.Fatal(err)
	}
	if d := c.Delay(); d != 5*time.Minute {
		t.Errorf("the delay is %v", d)
	}
	var listed []session.Message
	if err := c.List(func(m session.Message) error { listed = append(listed, m); return nil }); err != nil || len(listed) != 2 || listed[0] != one.messages[0] || listed[1].Date.Unix() != 1795000000 || listed[1].Ref != 1<<32|7 || !listed[1].Stable {
		t.Errorf("%+v, %v", listed, err)
	}
	var got bytes.Buffer
	if err := c.Fetch(1, 3, &got); err != nil || got.String() != one.content[3:] {
		t.Errorf("%d octets, %v", got.Len(), err)
	}
	if err := c.Header(2, io.Discard); !errors.As(err, &e) || e.Kind != session.Refused || e.Text != "no such message" {
		t.Errorf("the refusal is %v", err)
	}
	for id, want := range map[string]bool{"cdef0123": true, "<none@example.org>": false} {
		if found, err := c.Find(id); err != nil || found != want {
			t.Errorf("%s: %v, %v", id, found, err)
		}
	}
	mark, err := c.Mark()
	ticket, failed := c.Ticket()
	if mark != "2 messages" || string(ticket) != "ticket" || err != nil || failed != nil {
		t.Errorf("%q, %v; %q, %v", mark, err, ticket, failed)
	}
	if err := c.Delete([]uint64{1, 1<<32 | 7}); err != nil || len(one.deleted) != 2 {
		t.Errorf("%v, deleted %v", err, one.deleted)
	}
	if err := c.Close(); err != nil || !one.closed {
		t.Errorf("%v, closed %v", err, one.closed)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// endless is a session whose messages and headers have no end.
type endless struct{ scripted }

func (e *endless) Header(_ uint64, to io.Writer) error { return e.Fetch(0, 0, to) }

func (e *endless) Fetch(_ uint64, _ int64, to io.Writer) error {
	for {
		if _, err := io.WriteString(to, strings.Repeat("x", 4096)); err != nil {
			return err
		}
	}
}

// TestEndless: a message that its writer does not take, and a header without an end, end the
// session.
func TestEndless(t *testing.T) {
	full := errors.New("full")
	for name, do := range map[string]func(c *Client) error{
		"message": func(c *Client) error { return c.Fetch(1, 0, failing{full}) },
		"header": func(c *Client) error {
			if err := c.Header(1, io.Discard); session.As(err).Kind != session.Protocol {
				return err
			}
			return full
		},
	} {
		near, far := net.Pipe()
		one := &endless{}
		ended := make(chan error, 1)
		go func() { ended <- Serve(far, func(Target) (session.Mailbox, error) { return one, nil }, nil) }()
		c := NewClient(near)
		if err := c.Open(Target{}); err != nil {
			t.Fatal(err)
		}
		if err := do(c); !errors.Is(err, full) {
			t.Errorf("%s: the error is %v", name, err)
		}
		if <-ended; !one.closed {
			t.Errorf("%s: the session was not ended", name)
		}
	}
}

// TestHangup: a session ends when the server is gone.
func TestHangup(t *testing.T) {
	near, far := net.Pipe()
	one := &scripted{}
	ended := make(chan error, 1)
	go func() { ended <- Serve(far, func(Target) (session.Mailbox, error) { return one, nil }, nil) }()
	c := NewClient(near)
	if err := c.Open(Target{}); err != nil {
		t.Fatal(err)
	}
	c.Hangup()
	if err := <-ended; err != nil || !one.closed {
		t.Errorf("%v, closed %v", err, one.closed)
	}
}

// A stream reads octets and takes what is written.
type stream struct{ io.Reader }

func (stream) Write(p []byte) (int, error) { return len(p), nil }
func (stream) Close() error                { return nil }

// FuzzFrame: whatever one side sends, the other returns.
func FuzzFrame(f *testing.F) {
	var out bytes.Buffer
	w := newWire(struct {
		io.Reader
		io.Writer
	}{nil, &out}, askSize, dataSize)
	w.put(kindOpen, (&Target{Protocol: "imap", Folders: []string{"INBOX"}}).fields()...)
	w.put(kindList)
	w.put(kindFetch, number(1), number(2))
	w.put(kindMessage, number(1), []byte("id"), number(3), number(4), nil, flag(true))
	w.put(kindData, []byte("abc"))
	w.put(kindError, number(3), number(0), []byte("why"))
	w.put(kindAsk, []byte("https://a"), nil, nil, nil, nil, nil)
	w.put(kindReply, number(200), number(0), number(1), []byte("a"), []byte("b"))
	w.send(kindDone)
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		Serve(stream{bytes.NewReader(in)}, func(Target) (session.Mailbox, error) { return &scripted{content: "x"}, nil }, echo)
		c := NewClient(stream{bytes.NewReader(in)})
		c.List(func(session.Message) error { return nil })
		c.Fetch(1, 0, io.Discard)
		c.Mark()
		c.Find("x")
		c.Ticket()
		c.Ask(oauth.Request{}, "")
	})
}

func (s *scripted) Mark() (string, error) { return fmt.Sprint(len(s.messages), " messages"), nil }

func (s *scripted) Find(id string) (bool, error) { return strings.Contains(s.content, id), nil }

func (s *scripted) Ticket() []byte { return []byte("ticket") }

func (s *scripted) Delay() time.Duration { return 300 * time.Second }
