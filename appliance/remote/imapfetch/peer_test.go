package imapfetch

import (
	"bytes"
	"crypto/tls"
	"net"
	"os"
	"strings"
	"testing"

	"pillarbox/appliance/remote/session"
)

// TestPeer reads a mailbox of a server of another project, if IMAPFETCH_PEER names one: "993
// HOST:PORT" or "143 HOST:PORT" and the password of anna, who has messages.
func TestPeer(t *testing.T) {
	words := strings.Fields(os.Getenv("IMAPFETCH_PEER"))
	if len(words) != 3 {
		t.Skip("IMAPFETCH_PEER is not set")
	}
	conn, err := net.Dial("tcp", words[1])
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{InsecureSkipVerify: true}
	if words[0] == "993" {
		conn, config = tls.Client(conn, config), nil
	}
	m, err := Open(conn, config, session.Login{User: "anna", Secret: words[2]}, []string{"INBOX"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	before, err := m.Mark()
	if err != nil || before == "" {
		t.Errorf("the mark is %q, %v", before, err)
	}
	list, err := listAll(m)
	if err != nil || len(list) == 0 {
		t.Fatalf("%d messages, %v", len(list), err)
	}
	t.Logf("%d messages, the first is %+v; the mark is %s; it offers %v", len(list), list[0], before, m.client.Caps())
	var text bytes.Buffer
	if err := m.Fetch(list[0].Ref, 0, &text); err != nil || int64(text.Len()) != list[0].Octets {
		t.Errorf("%d octets of %d, %v", text.Len(), list[0].Octets, err)
	}
	_, id, _ := strings.Cut(text.String(), "Message-ID: ")
	id, _, _ = strings.Cut(id, "\r\n")
	for id, want := range map[string]bool{id: strings.Contains(text.String(), ownTrace), "<none@example.org>": false} {
		if found, err := m.Find(id); found != want || err != nil {
			t.Errorf("%s: %v, %v", id, found, err)
		}
	}
	if err := m.Delete([]uint64{list[0].Ref}); err != nil {
		t.Error(err)
	}
	if after, err := m.Mark(); after == before || err != nil {
		t.Errorf("after a deletion the mark is %q, %v", after, err)
	}
}
