package pop3test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"os"
	"strconv"
	"sync"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/wire"
)

// Accounts is an Authenticator: passwords by user.
type Accounts map[string]string

// Authenticate implements [pop3.Authenticator].
func (a Accounts) Authenticate(_ context.Context, c pop3.Credentials) (string, error) {
	if password, ok := a[c.User]; ok && password == c.Password {
		return c.User, nil
	}
	return "", pop3.ErrAuth
}

// Faults are errors that a Store returns. A zero field is none.
type Faults struct {
	Open      error // of Store.Open
	Body      error // of Maildrop.Body
	ReadAfter int64 // reading stored bytes from this offset on is an error; 0 for none
	Expunge   error // of Maildrop.Expunge, which then removes nothing
}

// A Store has messages in memory, or in a file, for tests. The zero Store is empty and ready for
// use.
type Store struct {
	mu        sync.Mutex
	mail      map[string][]*message // by user, in the order of delivery
	delivered int                   // in all: unique-ids are made of it
	file      *os.File              // nil if the messages are in memory
	size      int64                 // of file
	faults    Faults
	opened    int // maildrops that are open
	held      int // bodies that are not closed
	expunged  int // calls of Expunge that have succeeded
}

// A message in wire form. It is never changed.
type message struct {
	uid    string
	shape  wire.Shape
	stored []byte // nil when it lies in the file
	at     int64  // where
	gone   bool   // expunged; guarded by Store.mu
}

// InFile makes the store write the messages that are delivered from now on into a file, so that
// they have extents.
func (s *Store) InFile(t testing.TB) {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "mail")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s.file = f
}

// SetFaults sets the errors from now on.
func (s *Store) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Deliver stores a message as the scanner makes it: line ends become CRLF, leading dots are
// doubled.
func (s *Store) Deliver(user, mail string) {
	var scanner wire.Scanner
	stored := scanner.Close(scanner.ScanRaw(nil, []byte(mail)))
	m := &message{shape: scanner.Shape(), stored: stored}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		if _, err := s.file.WriteAt(stored, s.size); err != nil {
			panic(err)
		}
		m.stored, m.at = nil, s.size
		s.size += m.shape.Stored
	}
	s.delivered++
	m.uid = "u" + strconv.Itoa(s.delivered)
	if s.mail == nil {
		s.mail = make(map[string][]*message)
	}
	s.mail[user] = append(s.mail[user], m)
}

// UIDs returns the unique-ids of what a user has, in order.
func (s *Store) UIDs(user string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var uids []string
	for _, m := range s.mail[user] {
		uids = append(uids, m.uid)
	}
	return uids
}

// Opened returns how many maildrops are open.
func (s *Store) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Held returns how many bodies are not closed.
func (s *Store) Held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// Expunged returns how many times Expunge removed what it was given.
func (s *Store) Expunged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.expunged
}

// Open implements [pop3.Store].
func (s *Store) Open(_ context.Context, user string) (pop3.Maildrop, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.Open != nil {
		return nil, s.faults.Open
	}
	s.opened++
	return &maildrop{store: s, user: user, frozen: append([]*message(nil), s.mail[user]...)}, nil
}

// A maildrop is a frozen view of what one user has.
type maildrop struct {
	store  *Store
	user   string
	frozen []*message
	closed bool
}

func (m *maildrop) Len() int           { return len(m.frozen) }
func (m *maildrop) Octets(n int) int64 { return m.frozen[n-1].shape.Octets }

func (m *maildrop) AppendUID(dst []byte, n int) []byte { return append(dst, m.frozen[n-1].uid...) }

func (m *maildrop) Body(n int) (pop3.Body, error) {
	m.store.mu.Lock()
	defer m.store.mu.Unlock()
	msg := m.frozen[n-1]
	switch {
	case m.store.faults.Body != nil:
		return nil, m.store.faults.Body
	case msg.gone:
		return nil, pop3.ErrGone
	}
	m.store.held++
	b := &body{message: msg, store: m.store, bad: m.store.faults.ReadAfter, Reader: bytes.NewReader(msg.stored)}
	if msg.stored == nil {
		b.extents = []pop3.Extent{{File: m.store.file, Offset: msg.at, Length: msg.shape.Stored}}
	}
	return b, nil
}

func (m *maildrop) Expunge(_ context.Context, marked iter.Seq[int]) error {
	m.store.mu.Lock()
	defer m.store.mu.Unlock()
	if m.store.faults.Expunge != nil {
		return m.store.faults.Expunge
	}
	for n := range marked {
		m.frozen[n-1].gone = true
	}
	var left []*message
	for _, msg := range m.store.mail[m.user] {
		if !msg.gone {
			left = append(left, msg)
		}
	}
	m.store.mail[m.user] = left
	m.store.expunged++
	return nil
}

func (m *maildrop) Close() error {
	m.store.mu.Lock()
	defer m.store.mu.Unlock()
	if !m.closed {
		m.closed = true
		m.store.opened--
	}
	return nil
}

// A body reads one message.
type body struct {
	*message
	store   *Store
	closed  bool
	bad     int64 // offset from which on reading is an error; 0 for none
	extents []pop3.Extent
	*bytes.Reader
}

func (b *body) Size() int64            { return b.shape.Stored }
func (b *body) HeaderSize() int64      { return b.shape.Header }
func (b *body) Extents() []pop3.Extent { return b.extents }

func (b *body) Close() error {
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	if !b.closed {
		b.closed = true
		b.store.held--
	}
	return nil
}

func (b *body) ReadAt(p []byte, off int64) (int, error) {
	if b.bad > 0 && off+int64(len(p)) > b.bad {
		return 0, errRead
	}
	if b.extents == nil {
		return b.Reader.ReadAt(p, off)
	}
	e := b.extents[0]
	return io.NewSectionReader(e.File, e.Offset, e.Length).ReadAt(p, off)
}

// errRead is the error of a bad block.
var errRead = &os.PathError{Op: "read", Path: "mail", Err: os.ErrInvalid}
