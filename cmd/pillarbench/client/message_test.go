package client

import (
	"bytes"
	"strings"
	"testing"
)

const trace = "Return-Path: <bench@home.arpa>\r\nDelivered-To: anna@home.arpa\r\nReceived: from bench\r\n\tby box; now\r\n"

func TestLetterIsMadeFromItsNumber(t *testing.T) {
	l := Message{7, 4096}
	if !bytes.Equal(l.Content(), l.Content()) {
		t.Error("the same message has two contents")
	}
	if bytes.Equal(l.Content(), Message{8, 4096}.Content()) {
		t.Error("two messages have the same content")
	}
	if n := len(l.Content()); n < 4096 || n > 4096+100 {
		t.Errorf("content has %d octets, want about 4096", n)
	}
}

func TestWireFormIsStuffed(t *testing.T) {
	wire := Message{7, 4096}.Wire()
	if end := "\r\n..\r\n.\r\n"; !bytes.HasSuffix(wire, []byte(end)) {
		t.Errorf("wire form ends in %q, want %q", wire[len(wire)-10:], end)
	}
	if at := bytes.Index(wire, []byte("\r\n.\r\n")); at != len(wire)-5 {
		t.Errorf("the end of data is at %d, want %d", at, len(wire)-5)
	}
}

func TestVerify(t *testing.T) {
	whole := Message{7, 4096}.Content()
	changed := bytes.Clone(whole)
	changed[2000] ^= 1
	for _, row := range []struct {
		name, mail, fault string
	}{
		{"whole", trace + string(whole), ""},
		{"one bit flipped", trace + string(changed), "differs at octet 2000"},
		{"cut", trace + string(whole[:3000]), "differs at octet 3000"},
		{"longer", trace + string(whole) + "x\r\n", "differs at octet"},
		{"no trace header", string(whole), "no trace header"},
		{"trace header alone", trace, "no message"},
		{"other mail", trace + "Subject: hi\r\n\r\nhi\r\n", "no message"},
		{"number is no number", trace + "Subject: message\r\nX-Message: seven\r\n\r\n", "X-Message"},
		{"empty", "", "no trace header"},
	} {
		l, err := Verify([]byte(row.mail))
		switch {
		case row.fault == "" && (err != nil || l.Number != 7):
			t.Errorf("%s: got message %d, %v", row.name, l.Number, err)
		case row.fault != "" && (err == nil || !strings.Contains(err.Error(), row.fault)):
			t.Errorf("%s: got %v, want %q", row.name, err, row.fault)
		}
	}
}
