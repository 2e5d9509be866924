package conn_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pillarbox/pop3/conn"
)

const idle = 10 * time.Minute

// A recorder is a connection that reads input and then its end, and records each write.
type recorder struct {
	net.Conn // nil: no other method is called
	input    io.Reader
	writes   []string
	broken   error // of each write, if not nil
	closed   bool
}

func (r *recorder) Read(p []byte) (int, error) { return r.input.Read(p) }

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, string(p))
	if r.broken != nil {
		return 0, r.broken
	}
	return len(p), nil
}

func (r *recorder) Close() error                     { r.closed = true; return nil }
func (r *recorder) SetReadDeadline(time.Time) error  { return nil }
func (r *recorder) SetWriteDeadline(time.Time) error { return nil }

// record returns a Conn over a recorder with this input.
func record(input string) (*conn.Conn, *recorder) {
	r := &recorder{input: strings.NewReader(input)}
	c := new(conn.Conn)
	c.Init(new(conn.Pool), r, idle)
	return c, r
}

// pipe returns a Conn and the client's end of its connection.
func pipe(t *testing.T) (*conn.Conn, net.Conn) {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	c := new(conn.Conn)
	c.Init(new(conn.Pool), far, idle)
	return c, near
}

// TestGathering: replies leave in one write when no line is buffered, and stay as long as one is.
func TestGathering(t *testing.T) {
	c, r := record("one\r\ntwo\r\n")
	for _, want := range []string{"one", "two"} {
		line, err := c.ReadLine(t.Context(), 100)
		if string(line) != want || err != nil {
			t.Fatalf("ReadLine = %q, %v, want %q", line, err, want)
		}
		c.Say("+OK " + want)
	}
	if len(r.writes) != 0 {
		t.Errorf("written before the last line was answered: %q", r.writes)
	}
	if _, err := c.ReadLine(t.Context(), 100); err != io.EOF || c.Err() != io.EOF {
		t.Errorf("ReadLine = %v, then Err = %v", err, c.Err())
	}
	if len(r.writes) != 1 || r.writes[0] != "+OK one\r\n+OK two\r\n" {
		t.Errorf("written: %q", r.writes)
	}
}

// TestFullBuffer: what does not fit leaves in full buffers, and Room sends what is in its way.
func TestFullBuffer(t *testing.T) {
	c, r := record("")
	text := strings.Repeat("0123456789abcdef", 3*conn.BufferSize/16)
	c.Say("+OK")
	c.Write([]byte(text))
	c.Keep(append(c.Room(conn.BufferSize), "end"...))
	c.Flush()
	for i, w := range r.writes[:len(r.writes)-2] {
		if len(w) != conn.BufferSize {
			t.Errorf("write %d has %d octets", i, len(w))
		}
	}
	if all := strings.Join(r.writes, ""); all != "+OK\r\n"+text+"end" || len(r.writes) != 5 {
		t.Errorf("%d octets in %d writes", len(all), len(r.writes))
	}
}

// TestTakeBack: a reply can be taken back until a part of it was sent.
func TestTakeBack(t *testing.T) {
	c, r := record("")
	c.Say("+OK one")
	p := c.Position()
	c.Say("+OK two")
	if !c.TakeBack(p) {
		t.Error("a gathered reply is not taken back")
	}
	c.Say("-ERR two")
	p = c.Position()
	c.Write(make([]byte, conn.BufferSize))
	if c.TakeBack(p) {
		t.Error("a reply is taken back of which a part was sent")
	}
	if got := r.writes[0]; !strings.HasPrefix(got, "+OK one\r\n-ERR two\r\n\x00") {
		t.Errorf("written: %q", got[:30])
	}
}

// TestFirstErrorIsPermanent: after a failed write nothing is sent, and each call returns its error.
func TestFirstErrorIsPermanent(t *testing.T) {
	c, r := record("line\r\n")
	r.broken = errors.New("connection reset")
	c.Say("+OK one")
	if err := c.Flush(); err != r.broken {
		t.Errorf("Flush = %v", err)
	}
	first := r.broken
	r.broken = nil
	c.Say("+OK two")
	body := strings.NewReader("body")
	_, copied := c.SendBody(memory{body}, 0)
	for name, err := range map[string]error{"Flush": c.Flush(), "TryFlush": c.TryFlush(), "Write": c.Write([]byte("x")),
		"Copy": c.Copy(body, 0, 4), "Err": c.Err(), "SendBody": copied} {
		if err != first {
			t.Errorf("%s = %v, want %v", name, err, first)
		}
	}
	if _, err := c.ReadLine(t.Context(), 100); err != first {
		t.Errorf("ReadLine = %v", err)
	}
	if len(r.writes) != 1 {
		t.Errorf("written: %q", r.writes)
	}
}

// memory is a body that is in no file.
type memory struct{ *strings.Reader }

func (m memory) Extents() []conn.Extent { return nil }

// TestBody: a body is gathered behind the replies, from an offset on. An error of it is returned,
// and the connection can be used after it.
func TestBody(t *testing.T) {
	c, r := record("")
	text := strings.Repeat("0123456789abcdef", conn.BufferSize/8)
	c.Say("+OK")
	at, err := c.SendBody(memory{strings.NewReader(text)}, 10)
	if at != int64(len(text)) || err != nil {
		t.Errorf("SendBody = %d, %v", at, err)
	}
	p := c.Position()
	if err := c.Copy(strings.NewReader("short"), 0, 6); err != io.ErrUnexpectedEOF {
		t.Errorf("Copy beyond the end = %v", err)
	}
	if !c.TakeBack(p) || c.Err() != nil {
		t.Errorf("the error is permanent: %v", c.Err())
	}
	piece, err := c.Fill(strings.NewReader("0123456789"), 2, 5)
	if string(piece) != "23456" || err != nil {
		t.Errorf("Fill = %q, %v", piece, err)
	}
	c.Gather(3)
	c.Say("!")
	c.Flush()
	if got := strings.Join(r.writes, ""); got != "+OK\r\n"+text[10:]+"234!\r\n" {
		t.Errorf("%d octets, the end is %q", len(got), got[len(got)-20:])
	}
}

// TestSecure: what was read before TLS is dropped, and lines and replies go over TLS after it.
func TestSecure(t *testing.T) {
	c, r := record("before\r\nafter\r\n")
	if _, err := c.ReadLine(t.Context(), 100); err != nil || c.Buffered() == 0 {
		t.Fatalf("%v, %d octets are buffered", err, c.Buffered())
	}
	if c.NetConn() != net.Conn(r) {
		t.Error("NetConn is not the connection of Init")
	}
	secure := tls.Server(r, &tls.Config{})
	c.Secure(secure)
	if c.Buffered() != 0 || c.NetConn() != net.Conn(secure) {
		t.Errorf("%d octets of before are buffered", c.Buffered())
	}
	c.Say("+OK")
	if err := c.Flush(); err == nil || len(r.writes) != 0 && strings.Contains(r.writes[0], "+OK") {
		t.Errorf("Flush = %v without a handshake; written: %q", err, r.writes)
	}
}

// TestClose: what is gathered is not sent, and the connection is closed.
func TestClose(t *testing.T) {
	for _, linger := range []bool{true, false} {
		c, r := record("")
		c.Say("+OK")
		c.Close(linger)
		if len(r.writes) != 0 || !r.closed {
			t.Errorf("linger %v: written %q, closed %v", linger, r.writes, r.closed)
		}
	}
}

// FuzzReplies: whatever is gathered, taken back and sent, the client gets what was not taken back,
// in order, and no write is larger than the buffer.
func FuzzReplies(f *testing.F) {
	f.Add([]byte{0, 5, 1, 200, 2, 0, 3, 100, 4, 0, 5, 0})
	f.Add([]byte{1, 255, 2, 0, 1, 255, 4, 0, 0, 1, 5, 0, 3, 255})
	f.Fuzz(func(t *testing.T, program []byte) {
		c, r := record("")
		var want []byte
		var p conn.Position
		at := -1 // of p in want; -1 if there is none
		for i := 0; i+1 < len(program); i += 2 {
			text := bytes.Repeat([]byte{program[i+1]}, int(program[i+1])*300)
			switch program[i] % 6 {
			case 0:
				c.Say("+OK")
				want = append(want, "+OK\r\n"...)
			case 1:
				c.Write(text)
				want = append(want, text...)
			case 2:
				p, at = c.Position(), len(want)
			case 3:
				c.Copy(bytes.NewReader(text), 0, int64(len(text)))
				want = append(want, text...)
			case 4:
				if at >= 0 && c.TakeBack(p) {
					want = want[:at]
				}
			case 5:
				c.TryFlush()
			}
		}
		c.Flush()
		if got := strings.Join(r.writes, ""); got != string(want) {
			t.Errorf("%d octets were sent, want %d", len(got), len(want))
		}
		for _, w := range r.writes {
			if len(w) > conn.BufferSize {
				t.Errorf("a write has %d octets", len(w))
			}
		}
	})
}

// TestFail: after Fail nothing is sent, as after an error of the connection.
func TestFail(t *testing.T) {
	c, r := record("line\r\n")
	limit := time.Now().Add(time.Minute)
	if c.SetLimit(limit); c.Limit() != limit {
		t.Errorf("Limit = %v", c.Limit())
	}
	c.Say("+OK")
	failed := errors.New("the handshake has failed")
	c.Fail(failed)
	if err := c.Flush(); err != failed || c.Err() != failed || len(r.writes) != 0 {
		t.Errorf("Flush = %v, Err = %v, written: %q", err, c.Err(), r.writes)
	}
}
