package outbound

import (
	"bytes"
	"net/mail"
	"strings"
)

// Header checks the header of a message that leaves by the grant, and returns what is sent in its
// place: the same for a user. A device mostly names itself in From, which no provider accepts: From
// becomes the address of the account, and what it was goes to Reply-To. header is in wire form,
// whole lines without the blank line.
func (g *Grant) Header(header []byte) ([]byte, error) {
	from := fieldsOf(header, "from")
	if g.Device {
		return g.rewrite(header, from), nil
	}
	switch {
	case len(from) == 0:
		return nil, &Denied{Reason: "the message has no From field in its header"}
	case len(from) > 1:
		return nil, &Denied{Reason: "the message has more than one From field"}
	}
	list, err := mail.ParseAddressList(from[0].value())
	if err != nil {
		return nil, &Denied{Reason: "the From field of the message cannot be read"}
	}
	if len(list) == 0 { // an empty group, whose name is shown as the sender (RFC 6854)
		return nil, &Denied{Reason: "the From field of the message has no address"}
	}
	for _, a := range list {
		if !g.Account.Has(a.Address) {
			return nil, &Denied{Reason: "the From field of the message is no address of the remote account; write as " + addressesOf([]Account{g.Account})}
		}
	}
	return header, nil
}

// rewrite makes From the account's address.
func (g *Grant) rewrite(header []byte, from []field) []byte {
	was := "Reply-To:"
	if len(fieldsOf(header, "reply-to")) > 0 || len(from) > 1 || len(from) == 1 && !answerable(from[0].value()) {
		was = "X-Original-From:"
	}
	out := make([]byte, 0, len(header)+len(g.From)+64)
	out = append(out, "From: <"+g.From+">\r\n"...)
	at := 0
	for _, f := range from {
		out = append(append(out, header[at:f.start]...), was...)
		out = append(out, header[f.body:f.end]...)
		at = f.end
	}
	return append(out, header[at:]...)
}

// answerable reports whether a From field holds one address that an answer can go to.
func answerable(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil {
		return false
	}
	_, domain, _ := strings.Cut(a.Address, "@")
	return strings.Contains(domain, ".")
}

// A field is one header field: header[start:end], its body from body on, behind the colon.
type field struct {
	header           []byte
	start, body, end int
}

// value returns the body of the field without folds.
func (f field) value() string {
	return strings.TrimSpace(strings.ReplaceAll(string(f.header[f.body:f.end]), "\r\n", ""))
}

// fieldsOf returns the fields of a name, in lower case. Lines that begin no field and fold none are
// passed over.
func fieldsOf(header []byte, name string) (list []field) {
	for at := 0; at < len(header); {
		end := lineEnd(header, at)
		for end < len(header) && (header[end] == ' ' || header[end] == '\t') {
			end = lineEnd(header, end)
		}
		colon := bytes.IndexByte(header[at:end], ':')
		if colon > 0 && strings.EqualFold(strings.TrimRight(string(header[at:at+colon]), " \t"), name) {
			list = append(list, field{header, at, at + colon + 1, end})
		}
		at = end
	}
	return list
}

// lineEnd returns where the line at a position ends, behind its CRLF.
func lineEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}
