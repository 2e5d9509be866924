package link

import (
	"errors"
	"io"
	"strconv"

	"pillarbox/appliance/remote/oauth"
	"pillarbox/appliance/remote/session"
)

// Serve answers the server's requests until it hangs up, or has the session closed. open begins a
// session, ask sends a request to an authorization server.
func Serve(stream io.ReadWriter, open func(Target) (session.Mailbox, error), ask func(q oauth.Request, bundle string) (oauth.Reply, error)) error {
	s := &serving{wire: newWire(stream, askSize, dataSize), open: open, ask: ask}
	defer func() {
		if s.mailbox != nil {
			s.mailbox.Close()
		}
	}()
	for {
		k, f, err := s.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.answer(k, f); err != nil {
			return err
		}
		if k == kindClose {
			return nil
		}
	}
}

// A serving is the child's side. It is used by one goroutine.
type serving struct {
	*wire
	open    func(Target) (session.Mailbox, error)
	ask     func(oauth.Request, string) (oauth.Reply, error)
	mailbox session.Mailbox
}

// errNotOpen is the answer to a request before "open".
var errNotOpen = session.Errorf(session.Protocol, "there is no session")

// answer serves one request. An error of the session is an answer, an error of the link is
// returned.
func (s *serving) answer(k kind, f fields) error {
	if k == kindOpen {
		target, err := parseTarget(f)
		if err != nil {
			return err
		}
		if s.mailbox == nil {
			s.mailbox, err = s.open(target)
		}
		if err == nil {
			if err := s.put(kindText, strconv.AppendInt(nil, int64(s.mailbox.Delay().Seconds()), 10)); err != nil {
				return err
			}
		}
		return s.done(err)
	}
	if k == kindAsk {
		return s.asked(f)
	}
	if s.mailbox == nil {
		return s.done(errNotOpen)
	}
	switch k {
	case kindMark, kindFind, kindTicket:
		return s.tell(k, f)
	case kindList:
		return s.done(s.mailbox.List(s.message))
	case kindHeader:
		ref := f.number()
		if err := f.end(); err != nil {
			return err
		}
		return s.done(s.mailbox.Header(ref, content{s.wire}))
	case kindFetch:
		ref, from := f.number(), f.number()
		if err := f.end(); err != nil {
			return err
		}
		return s.done(s.mailbox.Fetch(ref, int64(from&(1<<62-1)), content{s.wire}))
	case kindDelete:
		var refs []uint64
		for f.more() {
			refs = append(refs, f.number())
		}
		if err := f.end(); err != nil {
			return err
		}
		return s.done(s.mailbox.Delete(refs))
	case kindClose:
		err := s.mailbox.Close()
		s.mailbox = nil
		return s.done(err)
	}
	return errFrame
}

// asked serves a request to an authorization server.
func (s *serving) asked(f fields) error {
	q := oauth.Request{URL: f.text(), Form: f.text(), User: f.text(), Secret: f.text(), Pin: f.text()}
	bundle := f.text()
	if err := f.end(); err != nil {
		return err
	}
	r, err := s.ask(q, bundle)
	if err != nil {
		return s.done(err)
	}
	list := [][]byte{number(uint64(max(r.Status, 0))), number(uint64(max(r.Wait, 0).Seconds())), flag(r.Fields != nil)}
	octets := 0
	for name, value := range r.Fields {
		list = append(list, []byte(name), []byte(value))
		octets += len(name) + len(value) + 8
	}
	if octets > mostFrame/2 {
		return s.done(session.Errorf(session.Protocol, "the answer of the provider is too long"))
	}
	return s.send(kindReply, list...)
}

// A ticketed mailbox has a ticket for a later TLS session.
type ticketed interface{ Ticket() []byte }

// tell answers with a text.
func (s *serving) tell(k kind, f fields) error {
	about := ""
	if k == kindFind {
		about = f.text()
	}
	if err := f.end(); err != nil {
		return err
	}
	said, err := "", error(nil)
	switch k {
	case kindMark:
		said, err = s.mailbox.Mark()
	case kindFind:
		var found bool
		if found, err = s.mailbox.Find(about); found {
			said = foundText
		}
	case kindTicket:
		if t, ok := s.mailbox.(ticketed); ok {
			said = string(t.Ticket())
		}
	}
	if err == nil && len(said) <= mostText {
		if err := s.put(kindText, []byte(said)); err != nil {
			return err
		}
	}
	return s.done(err)
}

// mostText bounds an answer, in octets.
const mostText = 16 << 10

func (s *serving) message(m session.Message) error {
	if len(m.ID) > session.MostID {
		m.ID = ""
	}
	date, stable := uint64(0), uint64(0)
	if !m.Date.IsZero() {
		date = uint64(max(m.Date.Unix(), 0))
	}
	if m.Stable {
		stable = 1
	}
	s.begin(kindMessage)
	s.number(m.Ref)
	s.text(m.ID)
	s.number(uint64(max(m.Octets, 0)))
	s.number(date)
	s.text(m.Folder)
	s.number(m.Era)
	s.number(stable)
	return lost(s.end())
}

// done ends an answer.
func (s *serving) done(err error) error {
	if err == nil {
		return s.send(kindDone)
	}
	var gone lostError
	if errors.As(err, &gone) {
		return gone.err
	}
	if e := session.As(err); e != nil {
		return s.send(kindError, number(uint64(e.Kind)), number(uint64(e.Wait.Seconds())), []byte(e.Text))
	}
	return s.send(kindDone)
}

// A lostError is an error of the link, which a session passes on.
type lostError struct{ err error }

func (l lostError) Error() string { return l.err.Error() }

func lost(err error) error {
	if err == nil {
		return nil
	}
	return lostError{err}
}

// content writes the content of a message in frames.
type content struct{ *wire }

func (c content) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		one := p[:min(len(p), dataSize)]
		if err := c.put(kindData, one); err != nil {
			return n, lost(err)
		}
		n, p = n+len(one), p[len(one):]
	}
	return n, nil
}
