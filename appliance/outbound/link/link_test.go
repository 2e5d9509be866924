package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"

	"pillarbox/appliance/outbound/smarthost"
)

// A server is the session of the child in these tests.
type server struct {
	offers  smarthost.Offers
	got     []smarthost.Message
	bodies  []string
	partial bool // it reads 10 octets of each message and breaks
	results []smarthost.Result
	broken  error
	twice   bool // it asks for the content twice
	closed  bool
}

func (s *server) Offers() smarthost.Offers { return s.offers }
func (s *server) Close()                   { s.closed = true }

func (s *server) Send(m *smarthost.Message) ([]smarthost.Result, error) {
	s.got = append(s.got, *m)
	for range map[bool]int{false: 1, true: 2}[s.twice] {
		body, size, err := m.Body()
		if err != nil {
			return make([]smarthost.Result, len(m.To)), err
		}
		if s.partial {
			size = 10
		}
		text, err := io.ReadAll(io.LimitReader(body, size))
		if err != nil {
			return make([]smarthost.Result, len(m.To)), err
		}
		s.bodies = append(s.bodies, string(text))
	}
	return s.results, s.broken
}

// pair runs the child's side for a server, and opens the other one.
func pair(t *testing.T, s *server, openErr error) (*Client, func() error, error) {
	t.Helper()
	near, far := net.Pipe()
	ended := make(chan error, 1)
	go func() {
		defer far.Close()
		ended <- Serve(far, func(got Target) (Session, error) {
			if got != target {
				t.Errorf("target %+v", got)
			}
			if openErr != nil {
				return nil, openErr
			}
			return s, nil
		})
	}()
	c, err := Open(near, target)
	return c, func() error { return <-ended }, err
}

var target = Target{Server: "smtp.example.org:465", Implicit: true, Pin: "abc", Bundle: "/roots", Login: smarthost.Login{User: "anna", Password: "p\x00\n", Token: "t"}}

func message(body string) *smarthost.Message {
	return &smarthost.Message{
		From: "anna@example.org", Octets: 7, UTF8: true, Return: "HDRS", EnvelopeID: "x",
		To:   []smarthost.Recipient{{Address: "a@example.net", Notify: "NEVER", Original: "rfc822;a"}, {Address: "b@example.net"}},
		Body: func() (io.Reader, int64, error) { return strings.NewReader(body), int64(len(body)), nil },
	}
}

// TestSend: a message, its results and the error of the session cross as they are.
func TestSend(t *testing.T) {
	large := strings.Repeat("0123456789", 10_000)
	for _, s := range []*server{
		{},
		{twice: true},
		{partial: true, broken: io.ErrUnexpectedEOF},
		{offers: smarthost.Offers{Pipelining: true, MaxSize: 1 << 40, DSN: true}},
	} {
		s.results = []smarthost.Result{
			{Outcome: smarthost.Sent, Noticed: true, Whole: true, Reply: smarthost.Reply{Code: 250, Enhanced: "2.0.0", Lines: []string{"OK"}}},
			{Outcome: smarthost.Failed, Reply: smarthost.Reply{Code: 550, Enhanced: "5.1.1", Lines: []string{"No such user"}}},
		}
		c, wait, err := pair(t, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.Offers().MaxSize != s.offers.MaxSize || c.Offers().DSN != s.offers.DSN || c.Offers().Pipelining != s.offers.Pipelining {
			t.Errorf("offers %+v", c.Offers())
		}
		results, err := c.Send(message(large))
		if !reflect.DeepEqual(results, s.results) {
			t.Errorf("results %+v", results)
		}
		if (err != nil) != (s.broken != nil) {
			t.Errorf("error %v", err)
		}
		want := large
		if s.partial {
			want = large[:10]
		}
		for _, text := range s.bodies {
			if text != want {
				t.Errorf("a body of %d octets", len(text))
			}
		}
		m := s.got[0]
		m.Body = nil
		plain := *message("")
		plain.Body = nil
		if !reflect.DeepEqual(m, plain) {
			t.Errorf("message %+v", m)
		}
		c.Close()
		if err := wait(); err != nil || !s.closed {
			t.Errorf("the child ends with %v, closed %v", err, s.closed)
		}
	}
}

// TestErrors: the server decides by what an error means, so that it must not get lost.
func TestErrors(t *testing.T) {
	refusal := &smarthost.Refusal{To: "AUTH", Reply: smarthost.Reply{Code: 535, Enhanced: "5.7.8", Lines: []string{"wrong"}}}
	for _, err := range []error{
		fmt.Errorf("dial: %w", smarthost.ErrOffline), smarthost.ErrNoTLS, fmt.Errorf("%w: %w", smarthost.ErrLogin, refusal), refusal,
		fmt.Errorf("%w: x", smarthost.ErrHandshake), smarthost.ErrProtocol, smarthost.ErrMechanism, errors.New("something else"),
	} {
		_, wait, got := pair(t, nil, err)
		if got == nil || got.Error() != err.Error() {
			t.Errorf("%v becomes %v", err, got)
		}
		for _, m := range meanings {
			if errors.Is(got, m) != errors.Is(err, m) {
				t.Errorf("%v: is %v: %v", err, m, errors.Is(got, m))
			}
		}
		var there, here *smarthost.Refusal
		if errors.As(err, &there) != errors.As(got, &here) || there != nil && here.Reply.String() != there.Reply.String() {
			t.Errorf("%v: the refusal is %v", err, here)
		}
		wait()
	}
}

// TestChildDies: before the end of the content was handed over nothing is in doubt, and afterwards
// all is.
func TestChildDies(t *testing.T) {
	for _, after := range []int{0, 10, 70_000} {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			Serve(far, func(Target) (Session, error) { return &dying{far, after}, nil })
		}()
		c, err := Open(near, target)
		if err != nil {
			t.Fatal(err)
		}
		results, err := c.Send(message(strings.Repeat("x", 70_000)))
		want := smarthost.Deferred
		if after == 70_000 {
			want = smarthost.InDoubt
		}
		if err == nil || results[0].Outcome != want || results[1].Outcome != want {
			t.Errorf("after %d octets: %+v, %v", after, results, err)
		}
		if results[0].Whole || results[1].Whole {
			t.Errorf("after %d octets: %+v, but one of them may have been refused", after, results)
		}
		if _, again := c.Send(message("x")); again == nil {
			t.Error("a broken session sends")
		}
		c.Close()
	}
}

// TestResultsTooFew: results that say nothing leave all in doubt once the content was handed over.
func TestResultsTooFew(t *testing.T) {
	s := &server{results: []smarthost.Result{{Outcome: smarthost.Sent}}}
	c, wait, err := pair(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	results, err := c.Send(message("x"))
	if err == nil || len(results) != 2 || results[0].Outcome != smarthost.InDoubt || results[1].Outcome != smarthost.InDoubt {
		t.Errorf("%+v, %v", results, err)
	}
	c.Close()
	wait()
}

// A dying session closes the stream after some octets.
type dying struct {
	stream io.Closer
	after  int
}

func (d *dying) Offers() smarthost.Offers { return smarthost.Offers{} }
func (d *dying) Close()                   {}
func (d *dying) Send(m *smarthost.Message) ([]smarthost.Result, error) {
	if d.after > 0 {
		if body, _, err := m.Body(); err == nil {
			io.ReadFull(body, make([]byte, d.after))
		}
	}
	d.stream.Close()
	return nil, io.ErrClosedPipe
}

// TestUnreadable: a message that this side cannot read is not sent, and the results are those of a
// broken session.
func TestUnreadable(t *testing.T) {
	s := &server{results: make([]smarthost.Result, 2)}
	c, wait, err := pair(t, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := message("")
	m.Body = func() (io.Reader, int64, error) { return strings.NewReader("short"), 100, nil }
	results, err := c.Send(m)
	if err == nil || results[0].Outcome != smarthost.Deferred {
		t.Errorf("%+v, %v", results, err)
	}
	c.Close()
	wait()
}

// FuzzChild: whatever a child sends, the server has an error or results for its own recipients.
func FuzzChild(f *testing.F) {
	var buf bytes.Buffer
	w := &wire{stream: &buf}
	var o fields
	appendOffers(&o, smarthost.Offers{})
	w.send(kindOffers, o)
	w.send(kindBody, nil)
	w.answer(make([]smarthost.Result, 2), errors.New("x"))
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Open(&script{in: bytes.NewReader(text)}, target)
		if err != nil {
			return
		}
		results, _ := c.Send(message("body"))
		if len(results) != 2 {
			t.Errorf("%d results", len(results))
		}
	})
}

// FuzzServe: whatever the server sends, the child ends.
func FuzzServe(f *testing.F) {
	var buf bytes.Buffer
	w := &wire{stream: &buf}
	var o, m, n fields
	target.append(&o)
	w.send(kindOpen, o)
	appendMessage(&m, message(""))
	w.send(kindSend, m)
	n.number(4)
	w.send(kindSize, n)
	w.send(kindData, []byte("body"))
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &server{}
		Serve(&script{in: bytes.NewReader(text)}, func(Target) (Session, error) { return s, nil })
	})
}

// A script is a stream whose other side says what it says, and listens to nothing.
type script struct{ in io.Reader }

func (s *script) Read(p []byte) (int, error)  { return s.in.Read(p) }
func (s *script) Write(p []byte) (int, error) { return len(p), nil }
func (s *script) Close() error                { return nil }
