package link

import (
	"errors"
	"strings"

	"pillarbox/appliance/outbound/smarthost"
)

// A Target is what a session needs to know.
type Target struct {
	Server   string // host:port
	Implicit bool   // TLS first
	Pin      string // SHA-256 of the certificate; "": the roots
	Bundle   string // file of the roots; "": the system's
	Login    smarthost.Login
}

func (t *Target) append(f *fields) {
	f.text(t.Server)
	f.flag(t.Implicit)
	f.text(t.Pin)
	f.text(t.Bundle)
	f.text(t.Login.User)
	f.text(t.Login.Password)
	f.text(t.Login.Token)
}

func (r *reader) target() (t Target) {
	t.Server, t.Implicit, t.Pin, t.Bundle = r.text(), r.flag(), r.text(), r.text()
	t.Login = smarthost.Login{User: r.text(), Password: r.text(), Token: r.text()}
	return t
}

func appendOffers(f *fields, o smarthost.Offers) {
	for _, b := range []bool{o.StartTLS, o.Pipelining, o.Size, o.EightBit, o.UTF8, o.DSN} {
		f.flag(b)
	}
	f.number(o.MaxSize)
}

func (r *reader) offers() (o smarthost.Offers) {
	for _, b := range []*bool{&o.StartTLS, &o.Pipelining, &o.Size, &o.EightBit, &o.UTF8, &o.DSN} {
		*b = r.flag()
	}
	o.MaxSize = max(r.number(), 0)
	return o
}

func appendMessage(f *fields, m *smarthost.Message) {
	f.text(m.From)
	f.number(m.Octets)
	f.flag(m.UTF8)
	f.text(m.Return)
	f.text(m.EnvelopeID)
	f.number(int64(len(m.To)))
	for _, to := range m.To {
		f.text(to.Address)
		f.text(to.Notify)
		f.text(to.Original)
	}
}

func (r *reader) message() *smarthost.Message {
	m := &smarthost.Message{From: r.text(), Octets: r.number(), UTF8: r.flag(), Return: r.text(), EnvelopeID: r.text()}
	m.To = make([]smarthost.Recipient, r.count())
	for i := range m.To {
		m.To[i] = smarthost.Recipient{Address: r.text(), Notify: r.text(), Original: r.text()}
	}
	return m
}

func appendReply(f *fields, r smarthost.Reply) {
	f.number(int64(r.Code))
	f.text(r.Enhanced)
	f.number(int64(len(r.Lines)))
	for _, line := range r.Lines {
		f.text(line)
	}
}

func (r *reader) reply() (p smarthost.Reply) {
	p.Code, p.Enhanced = int(r.number()), r.text()
	for range r.count() {
		p.Lines = append(p.Lines, r.text())
	}
	return p
}

// longestReply is how much of the text of a reply crosses, in octets, so that those of 100
// recipients fit into a frame.
const longestReply = 400

func appendResults(f *fields, list []smarthost.Result) {
	f.number(int64(len(list)))
	for _, result := range list {
		f.number(int64(result.Outcome))
		f.flag(result.Noticed)
		f.flag(result.Whole)
		appendReply(f, shortened(result.Reply))
	}
}

// shortened returns a reply of one line, of a bounded length.
func shortened(r smarthost.Reply) smarthost.Reply {
	if r.Code == 0 {
		return r
	}
	text := ""
	for i, line := range r.Lines {
		if i > 0 {
			text += " "
		}
		text += line
	}
	if len(text) > longestReply {
		text = strings.ToValidUTF8(text[:longestReply], "") + "…"
	}
	return smarthost.Reply{Code: r.Code, Enhanced: r.Enhanced, Lines: []string{text}}
}

func (r *reader) results() (list []smarthost.Result) {
	for range r.count() {
		o := r.number()
		if o < 0 || o > int64(smarthost.InDoubt) {
			r.err = errFrame
			return nil
		}
		list = append(list, smarthost.Result{Outcome: smarthost.Outcome(o), Noticed: r.flag(), Whole: r.flag(), Reply: r.reply()})
	}
	return list
}

// meanings are the errors that keep their meaning, by position.
var meanings = [...]error{
	smarthost.ErrOffline, smarthost.ErrNoTLS, smarthost.ErrLogin, smarthost.ErrMechanism, smarthost.ErrHandshake, smarthost.ErrProtocol,
}

// A crossed error has crossed the link.
type crossed struct {
	text string
	is   []error
}

func (c *crossed) Error() string   { return c.text }
func (c *crossed) Unwrap() []error { return c.is }

func appendError(f *fields, err error) {
	text := err.Error()
	f.text(strings.ToValidUTF8(text[:min(len(text), 4*longestReply)], ""))
	var has []int64
	for i, m := range meanings {
		if errors.Is(err, m) {
			has = append(has, int64(i))
		}
	}
	f.number(int64(len(has)))
	for _, i := range has {
		f.number(i)
	}
	var refusal *smarthost.Refusal
	f.flag(errors.As(err, &refusal))
	if refusal != nil {
		f.text(refusal.To)
		appendReply(f, shortened(refusal.Reply))
	}
}

func (r *reader) error() error {
	c := &crossed{text: r.text()}
	for range r.count() {
		if i := r.number(); i >= 0 && i < int64(len(meanings)) {
			c.is = append(c.is, meanings[i])
		}
	}
	if r.flag() {
		c.is = append(c.is, &smarthost.Refusal{To: r.text(), Reply: r.reply()})
	}
	return c
}
