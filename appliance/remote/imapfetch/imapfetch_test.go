package imapfetch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"pillarbox/appliance/remote/fingerprint"
	"pillarbox/appliance/remote/session"
)

// serveIMAP runs a server that has some messages in two folders, and returns its address.
func serveIMAP(t *testing.T, caps imap.CapSet, texts ...string) string {
	t.Helper()
	memory, user := imapmemserver.New(), imapmemserver.NewUser("anna", "secret")
	memory.AddUser(user)
	for _, folder := range []string{"INBOX", "Spam"} {
		if err := user.Create(folder, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, text := range texts {
		folder := "INBOX"
		if i == len(texts)-1 {
			folder = "Spam"
		}
		if _, err := user.Append(folder, strings.NewReader(text), &imap.AppendOptions{Time: time.Unix(int64(1795000000+i), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Serve(l)
	}()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return l.Addr().String()
}

var both = imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}}

func openIMAP(t *testing.T, address string, l session.Login, folders ...string) (*Mailbox, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return Open(conn, nil, l, folders, nil)
}

var anna = session.Login{User: "anna", Secret: "secret"}

func letter(n, size int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "From: b@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject: %d\r\n\r\n", n, n)
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, ".line %d of a message\r\n", i)
	}
	return text.String()
}

func listAll(m *Mailbox) (list []session.Message, err error) {
	err = m.List(func(row session.Message) error {
		list = append(list, row)
		return nil
	})
	return list, err
}

// TestMailbox: two folders are listed, read from any octet on, and emptied.
func TestMailbox(t *testing.T) {
	texts := []string{letter(0, 100), letter(1, 300_000), letter(2, 100)}
	address := serveIMAP(t, both, texts...)
	m, err := openIMAP(t, address, anna, "INBOX", "Junk")
	if err != nil {
		t.Fatal(err)
	}
	list, err := listAll(m)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	for i, row := range list {
		if row.Octets != int64(len(texts[i])) || !row.Stable || row.Date.Unix() != int64(1795000000+i) || (row.Folder == "Spam") != (i == 2) {
			t.Errorf("row %d is %+v", i, row)
		}
		for _, from := range []int{0, 50, len(texts[i])} {
			var got bytes.Buffer
			if err := m.Fetch(row.Ref, int64(from), &got); err != nil || got.String() != texts[i][from:] {
				t.Errorf("message %d from %d: %d octets, %v", i, from, got.Len(), err)
			}
		}
		var header, whole fingerprint.Writer
		whole.Write([]byte(texts[i]))
		if err := m.Header(row.Ref, &header); err != nil {
			t.Error(err)
		}
		a, okA := header.Sum()
		if b, okB := whole.Sum(); a != b || okA != okB {
			t.Errorf("message %d has another fingerprint by its header fields", i)
		}
	}
	if err := m.Delete([]uint64{list[0].Ref, list[2].Ref}); err != nil {
		t.Fatal(err)
	}
	var e *session.Error
	if err := m.Fetch(list[0].Ref, 0, io.Discard); !errors.As(err, &e) || e.Kind != session.Refused {
		t.Errorf("a message that is gone: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if m, err = openIMAP(t, address, anna, "INBOX", "Junk"); err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	again, err := listAll(m)
	if err != nil || len(again) != 1 || again[0].ID != list[1].ID {
		t.Errorf("left are %+v, %v; want %s", again, err, list[1].ID)
	}
}

// TestRefusals: what is not there, and what is not safe.
func TestRefusals(t *testing.T) {
	address := serveIMAP(t, both, letter(0, 100), letter(1, 100))
	for name, tt := range map[string]struct {
		login   session.Login
		folders []string
		kind    session.Kind
		text    string
	}{
		"password": {session.Login{User: "anna", Secret: "wrong"}, []string{"INBOX"}, session.Auth, "login"},
		"token":    {session.Login{User: "anna", Secret: "t", Token: true}, []string{"INBOX"}, session.Auth, "OAuth"},
		"folder":   {anna, []string{"INBOX", "Travel"}, session.Protocol, `no folder "Travel"; it has`},
	} {
		_, err := openIMAP(t, address, tt.login, tt.folders...)
		var e *session.Error
		if !errors.As(err, &e) || e.Kind != tt.kind || !strings.Contains(e.Text, tt.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := openIMAP(t, serveIMAP(t, imap.CapSet{imap.CapIMAP4rev1: {}}, letter(0, 100), letter(1, 100)), anna, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	list, err := listAll(m)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if e := session.As(m.Delete([]uint64{list[0].Ref})); e == nil || e.Kind != session.Refused {
		t.Errorf("without UIDPLUS: %v", e)
	}
}

// cutting is a connection that breaks after so many octets.
type cutting struct {
	net.Conn
	left int
}

func (c *cutting) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.Conn.Close()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// TestBrokenLine: a line that breaks inside a message is one, and another session goes on there; a
// folder that was renumbered meanwhile is another folder.
func TestBrokenLine(t *testing.T) {
	text := letter(0, 300_000)
	address := serveIMAP(t, both, text, letter(1, 100))
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(&cutting{conn, 100_000}, nil, anna, []string{"INBOX"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := listAll(m)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if e := session.As(m.Fetch(list[0].Ref, 0, &got)); e == nil || e.Kind != session.Network || got.Len() == 0 {
		t.Fatalf("%v after %d octets", e, got.Len())
	}
	m.Close()
	for era, want := range map[uint64]bool{list[0].Era: true, list[0].Era + 1: false} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Open(conn, nil, anna, []string{"INBOX"}, []uint64{era})
		if err != nil {
			t.Fatal(err)
		}
		whole := bytes.NewBuffer(bytes.Clone(got.Bytes()))
		err = m.Fetch(list[0].Ref, int64(got.Len()), whole)
		if (err == nil) != want || want && whole.String() != text {
			t.Errorf("era %d: %d octets, %v", era, whole.Len(), err)
		}
		m.Close()
	}
}

// serveLines runs a server that answers FETCH as answer says, which is given the offset, and
// returns its address.
func serveLines(t *testing.T, answer func(offset int) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
		for in := bufio.NewScanner(conn); in.Scan(); {
			tag, rest, _ := strings.Cut(in.Text(), " ")
			word, _, _ := strings.Cut(rest, " ")
			switch word {
			case "LIST":
				io.WriteString(conn, "* LIST () \"/\" INBOX\r\n")
			case "SELECT":
				io.WriteString(conn, "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n")
			case "EXAMINE": // as Courier's, before the first SELECT
				io.WriteString(conn, "* 1 EXISTS\r\n* OK [UIDVALIDITY 8] ok\r\n")
			case "UID":
				offset := 0
				if _, partial, ok := strings.Cut(rest, "<"); ok {
					fmt.Sscanf(partial, "%d.", &offset)
				}
				fmt.Fprintf(conn, "* 1 FETCH (UID 1 %s)\r\n", answer(offset))
			}
			fmt.Fprintf(conn, "%s OK done\r\n", tag)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	return l.Addr().String()
}

// TestPieces: a message ends where the server has nothing more, or at its size, and not with a
// piece that is shorter than what was asked for. A message of which nothing comes, or less than
// half, is refused.
func TestPieces(t *testing.T) {
	text := letter(0, 10_000)
	part := func(offset, most int) string {
		piece := text[min(offset, len(text)):]
		piece = piece[:min(len(piece), most)]
		return fmt.Sprintf("BODY[]<%d> {%d}\r\n%s", offset, len(piece), piece)
	}
	for _, tt := range []struct {
		name, want string
		kind       session.Kind
		answer     func(offset int) string
	}{
		{"NIL", "", session.Refused, func(offset int) string { return fmt.Sprintf("RFC822.SIZE 10000 BODY[]<%d> NIL", offset) }},
		{"empty", "", session.Refused, func(offset int) string { return part(offset, 0) }},
		{"short pieces", text, 0, func(offset int) string { return part(offset, 1000) }},
		{"short pieces and a size", text, 0, func(offset int) string { return fmt.Sprintf("RFC822.SIZE %d ", len(text)) + part(offset, 1000) }},
		{"a size that is too large", text, 0, func(offset int) string { return fmt.Sprintf("RFC822.SIZE %d ", len(text)+9) + part(offset, 1<<20) }},
		{"a size that is nearly twice too large", text, 0, func(offset int) string { return fmt.Sprintf("RFC822.SIZE %d ", 2*len(text)) + part(offset, 1000) }},
		{"NIL in the middle", text[:3000], session.Refused, func(offset int) string {
			if offset >= 3000 {
				return fmt.Sprintf("RFC822.SIZE %d BODY[]<%d> NIL", len(text), offset)
			}
			return part(offset, 1000)
		}},
		{"nothing in the middle", text[:3000], session.Refused, func(offset int) string {
			return fmt.Sprintf("RFC822.SIZE %d ", len(text)) + part(offset, min(1000, 3000-offset))
		}},
	} {
		m, err := openIMAP(t, serveLines(t, tt.answer), anna, "INBOX")
		if err != nil {
			t.Fatal(err)
		}
		m.folders[0].validity = 7
		var got bytes.Buffer
		e := session.As(m.Fetch(1, 0, &got))
		if got.String() != tt.want || (e == nil) != (tt.kind == 0) || e != nil && e.Kind != tt.kind {
			t.Errorf("%s: %d octets, %v", tt.name, got.Len(), e)
		}
		m.client.Close()
	}
}
