package imapfetch

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pillarbox/appliance/remote/session"
)

// A dialect is a server that speaks as one of the providers does, by their documentation and by
// reports of users; none of them was reached.
type dialect struct {
	mu       sync.Mutex
	greeting string
	caps     string
	login    string // answer to a login; "": it is accepted
	most     int    // messages that one FETCH may name; 0: any number
	boxes    []*box
	selected *box
	trashed  []string
	commands []string
	nextless bool // the next UID is in STATUS only
}

// A box is one folder. use is its special use.
type box struct {
	name, use string
	validity  int
	mails     []*mail
}

type mail struct {
	uid            int
	name, id, text string // name is that of the provider, id the Message-ID
	size           int    // as it says; 0: as it is
}

func (d *dialect) answer(w io.Writer, tag, rest string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.commands = append(d.commands, rest)
	word, rest, _ := strings.Cut(rest, " ")
	if word == "UID" {
		word, rest, _ = strings.Cut(rest, " ")
		word = "UID " + word
	}
	said := "OK done"
	switch word {
	case "CAPABILITY":
		fmt.Fprintf(w, "* CAPABILITY %s\r\n", d.caps)
	case "LOGIN":
		said = d.login
	case "LIST":
		for _, b := range d.boxes {
			fmt.Fprintf(w, "* LIST (%s) \"/\" %q\r\n", b.use, b.name)
		}
	case "EXAMINE", "SELECT":
		said = d.open(w, rest)
	case "STATUS":
		name, _, _ := strings.Cut(rest, " (")
		b := d.find(name)
		fmt.Fprintf(w, "* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)\r\n", name, len(b.mails), b.next(), b.validity)
	case "FETCH", "UID FETCH":
		said = d.fetch(w, word == "UID FETCH", rest)
	case "UID MOVE":
		n, _, _ := strings.Cut(rest, " ")
		d.move(n)
	case "UID SEARCH":
		fmt.Fprint(w, "* SEARCH")
		for _, m := range d.selected.mails {
			if strings.Contains(rest, m.id) && (!strings.Contains(rest, ownTrace) || strings.Contains(m.text, ownTrace)) {
				fmt.Fprint(w, " ", m.uid)
			}
		}
		fmt.Fprint(w, "\r\n")
	}
	if said == "" {
		said = "OK done"
	}
	_, err := fmt.Fprintf(w, "%s %s\r\n", tag, said)
	return err
}

func (d *dialect) find(name string) *box {
	for _, b := range d.boxes {
		if b.name == strings.Trim(name, `"`) {
			return b
		}
	}
	return nil
}

func (b *box) next() int {
	if len(b.mails) == 0 {
		return 1
	}
	return b.mails[len(b.mails)-1].uid + 1
}

func (d *dialect) open(w io.Writer, name string) string {
	if d.selected = d.find(name); d.selected == nil {
		return "NO [NONEXISTENT] no such folder"
	}
	fmt.Fprintf(w, "* FLAGS (\\Answered \\Seen $Phishing)\r\n* %d EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY %d] ok\r\n", len(d.selected.mails), d.selected.validity)
	if !d.nextless {
		fmt.Fprintf(w, "* OK [UIDNEXT %d] ok\r\n", d.selected.next())
	}
	return "OK [READ-ONLY] done"
}

// fetch answers for "1:3 (ITEM ...)", or for one UID.
func (d *dialect) fetch(w io.Writer, byUID bool, rest string) string {
	set, items, _ := strings.Cut(rest, " ")
	first, last, _ := strings.Cut(set, ":")
	from, _ := strconv.Atoi(first)
	to, err := strconv.Atoi(last)
	if err != nil {
		to = from
	}
	if d.most > 0 && to-from >= d.most {
		return fmt.Sprintf("NO [MESSAGELIMIT %d] too many messages", d.most)
	}
	for i, m := range d.selected.mails {
		number := i + 1
		if byUID {
			number = m.uid
		}
		if number < from || number > to {
			continue
		}
		size := m.size
		if size == 0 {
			size = len(m.text)
		}
		fmt.Fprintf(w, "* %d FETCH (", i+1)
		for name, value := range map[string]string{"X-GM-MSGID": m.name, "EMAILID": "(" + m.name + ")", "INTERNALDATE": `"30-Nov-2026 10:00:00 +0000"`, "RFC822.SIZE": strconv.Itoa(size)} {
			if strings.Contains(items, name) {
				fmt.Fprintf(w, "%s %s ", name, value)
			}
		}
		fmt.Fprintf(w, "UID %d%s)\r\n", m.uid, m.body(items))
	}
	return ""
}

// body returns the part of a message that is asked for.
func (m *mail) body(items string) string {
	offset, most := 0, len(m.text)
	switch _, partial, part := strings.Cut(items, "<"); {
	case !strings.Contains(items, "BODY"):
		return ""
	case part:
		fmt.Sscanf(partial, "%d.%d", &offset, &most)
	case strings.Contains(items, "HEADER"):
		head, _, _ := strings.Cut(m.text, "\r\n\r\n")
		return fmt.Sprintf(" BODY[HEADER.FIELDS (\"Message-ID\" \"Date\" \"From\" \"Subject\")] {%d}\r\n%s\r\n\r\n", len(head)+4, head)
	}
	piece := m.text[min(offset, len(m.text)):]
	piece = piece[:min(len(piece), most)]
	return fmt.Sprintf(" BODY[]<%d> {%d}\r\n%s", offset, len(piece), piece)
}

// move takes a message out of all folders, as Gmail does.
func (d *dialect) move(uid string) {
	for _, m := range d.selected.mails {
		if strconv.Itoa(m.uid) == uid {
			d.trashed = append(d.trashed, m.name)
		}
	}
	for _, b := range d.boxes {
		b.mails = slices.DeleteFunc(b.mails, func(m *mail) bool { return slices.Contains(d.trashed, m.name) })
	}
}

func newMail(uid int, name string) *mail {
	return &mail{uid: uid, name: name, id: fmt.Sprintf("<%s@example.org>", name), text: fmt.Sprintf("Message-ID: <%s@example.org>\r\nSubject: %s\r\n\r\ntext of %s\r\n", name, name, name)}
}

// speak opens a session with a provider.
func (d *dialect) speak(t *testing.T, folders ...string) (*Mailbox, error) {
	t.Helper()
	m, err := openIMAP(t, stranger(t, d.greeting, d.answer), anna, folders...)
	if err == nil {
		t.Cleanup(func() { m.Close() })
	}
	return m, err
}

func newGmail() *dialect {
	return &dialect{
		greeting: "* OK Gimap ready for requests from 192.0.2.1 a1mb1",
		caps:     "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584",
		boxes: []*box{
			{name: "INBOX", use: `\HasNoChildren`, validity: 1, mails: []*mail{newMail(1, "1001"), newMail(2, "1002")}},
			{name: "[Gmail]", use: `\HasChildren \Noselect`},
			{name: "[Gmail]/Gesendet", use: `\HasNoChildren \Sent`, validity: 5, mails: []*mail{newMail(9, "1002"), newMail(10, "1009"), newMail(11, "1010")}},
			{name: "[Gmail]/Spam", use: `\HasNoChildren \Junk`, validity: 6, mails: []*mail{newMail(3, "1666")}},
			{name: "[Gmail]/Papierkorb", use: `\HasNoChildren \Trash`, validity: 7},
			{name: "Reise", use: `\HasNoChildren`, validity: 8, mails: []*mail{newMail(4, "1001")}},
		},
	}
}

// TestGmail: a message with several labels has one name, which it keeps; what is deleted goes into
// the trash; the folders of spam and of sent mail are found by their use.
func TestGmail(t *testing.T) {
	d := newGmail()
	m, err := d.speak(t, "INBOX", "Reise", "Junk")
	if err != nil {
		t.Fatal(err)
	}
	list, err := listAll(m)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range list {
		names = append(names, row.ID)
	}
	if want := "[gmail 1001 gmail 1002 gmail 1001 gmail 1666]"; fmt.Sprint(names) != want {
		t.Errorf("the names are %v, want %s", names, want)
	}
	var got bytes.Buffer
	if err := m.Fetch(list[2].Ref, 0, &got); err != nil || got.String() != d.find("Reise").mails[0].text {
		t.Errorf("%q, %v", got.String(), err)
	}
	if err := m.Delete([]uint64{list[2].Ref}); err != nil || fmt.Sprint(d.trashed) != "[1001]" || len(d.find("INBOX").mails) != 1 {
		t.Errorf("%v, in the trash is %v", err, d.trashed)
	}
	provider := newGmail()
	mails := provider.find("[Gmail]/Gesendet").mails
	mails[1].text = "Received: by localhost (pillarbox) with ESMTP; Tue, 1 Dec 2026 03:00:00 +0000\r\n" + mails[1].text
	sent, err := provider.speak(t, "Sent")
	if err != nil {
		t.Fatal(err)
	}
	// 1010 is a copy of a mail client.
	for id, want := range map[string]bool{"<1009@example.org>": true, "<1001@example.org>": false, "<1010@example.org>": false} {
		if found, err := sent.Find(id); found != want || err != nil {
			t.Errorf("%s in the folder of sent mail: %v, %v", id, found, err)
		}
	}
}

func newYahoo() *dialect {
	inbox := &box{name: "Inbox", validity: 3}
	for n := range 25 {
		inbox.mails = append(inbox.mails, newMail(2*n+1, fmt.Sprintf("M%d", n)))
	}
	return &dialect{
		greeting: "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER ID MOVE NAMESPACE XYMHIGHESTMODSEQ UIDPLUS LITERAL+ CHILDREN] IMAP4rev1 imapgate-4.0.3 ready",
		caps:     "IMAP4rev1 ID MOVE NAMESPACE UIDPLUS LITERAL+ CHILDREN SPECIAL-USE OBJECTID UIDONLY PARTIAL MESSAGELIMIT=10",
		most:     10,
		boxes:    []*box{inbox, {name: "Bulk", use: `\Junk`, validity: 4, mails: []*mail{newMail(1, "M3")}}, {name: "Sent", use: `\Sent`, validity: 5}},
	}
}

// TestYahoo: a listing goes in pieces of what the server says, and a message that lies in two
// folders has one name (OBJECTID).
func TestYahoo(t *testing.T) {
	d := newYahoo()
	d.boxes[0].name = "INBOX"
	m, err := d.speak(t, "INBOX", "Junk")
	if err != nil {
		t.Fatal(err)
	}
	list, err := listAll(m)
	if err != nil || len(list) != 26 || list[3].ID != "object M3" || list[25].ID != "object M3" || list[25].Folder != "Bulk" {
		t.Fatalf("%d messages, %v", len(list), err)
	}
	mark, err := m.Mark()
	d.boxes[1].mails = append(d.boxes[1].mails, newMail(2, "M99"))
	if next, failed := m.Mark(); mark == "" || next == mark || err != nil || failed != nil {
		t.Errorf("the mark is %q, then %q, %v, %v", mark, next, err, failed)
	}
}

// TestICloud: there is no X-GM-MSGID and no OBJECTID, and messages come by BODY.PEEK[] alone; the
// spam folder has its name.
func TestICloud(t *testing.T) {
	d := &dialect{
		greeting: "* OK [CAPABILITY XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 SASL-IR AUTH=ATOKEN AUTH=PTOKEN] iCloud IMAP4 server",
		caps:     "XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 ACL QUOTA LITERAL+ NAMESPACE UIDPLUS CHILDREN BINARY UNSELECT SORT CATENATE URLAUTH LANGUAGE ESEARCH ESORT THREAD=ORDEREDSUBJECT CONTEXT=SORT WITHIN SASL-IR SEARCHRES METADATA XAPPLELITERAL",
		boxes:    []*box{{name: "INBOX", validity: 2, mails: []*mail{newMail(7, "a")}}, {name: "Junk", validity: 3, mails: []*mail{newMail(1, "b")}}},
	}
	m, err := d.speak(t, "INBOX", "Junk")
	if err != nil {
		t.Fatal(err)
	}
	list, err := listAll(m)
	if err != nil || len(list) != 2 || list[0].ID != "imap INBOX 2 7" || list[1].Folder != "Junk" {
		t.Fatalf("%+v, %v", list, err)
	}
	var got bytes.Buffer
	if err := m.Fetch(list[0].Ref, 0, &got); err != nil || got.String() != d.boxes[0].mails[0].text {
		t.Errorf("%q, %v", got.String(), err)
	}
	for _, command := range d.commands {
		if strings.Contains(command, "FETCH") && (strings.Contains(command, "RFC822 ") || strings.Contains(command, "BODY[")) {
			t.Errorf("%q sets \\Seen, or is not answered there", command)
		}
	}
}

// TestExchange: sizes are wrong, and a throttled account waits as long as the server says.
func TestExchange(t *testing.T) {
	large := newMail(2, "b")
	large.size = len(large.text) * 5 / 3
	small := newMail(1, "a")
	small.size = 3
	d := &dialect{
		greeting: "* OK The Microsoft Exchange IMAP4 service is ready. [QQBNADYA]",
		caps:     "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+",
		boxes:    []*box{{name: "INBOX", validity: 14, mails: []*mail{small, large}}, {name: "Junk Email", validity: 2}, {name: "Sent Items", validity: 3}},
	}
	d.caps = strings.ReplaceAll(d.caps, "AUTH=PLAIN ", "")
	m, err := d.speak(t, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	list, err := listAll(m)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for name, folder := range map[string]string{"Junk": "Junk Email", "Sent": "Sent Items"} {
		if one, err := d.speak(t, name); err != nil || one.folders[0].name != folder {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i, row := range list {
		var got bytes.Buffer
		if err := m.Fetch(row.Ref, 0, &got); err != nil || got.String() != d.boxes[0].mails[i].text {
			t.Errorf("message %d: %q, %v", i, got.String(), err)
		}
	}
	d.login = "NO Request is throttled. Suggested Backoff Time: 299961 milliseconds"
	_, err = d.speak(t, "INBOX")
	if e := session.As(err); e == nil || e.Kind != session.Busy || e.Wait.Milliseconds() != 299961 {
		t.Errorf("throttled: %v", err)
	}
}

// TestGMX: the login is refused until IMAP is switched on in the settings; the spam folder has a
// German name.
func TestGMX(t *testing.T) {
	d := &dialect{
		greeting: "* OK [CAPABILITY IMAP4rev1 CHILDREN ENABLE ID IDLE LIST-EXTENDED LIST-STATUS LITERAL- MOVE NAMESPACE SASL-IR SORT SPECIAL-USE THREAD=ORDEREDSUBJECT UIDPLUS UNSELECT WITHIN AUTH=LOGIN AUTH=PLAIN] IMAP server ready H mieue028 1M8hMt",
		caps:     "IMAP4rev1 CHILDREN ENABLE ID IDLE LITERAL- MOVE NAMESPACE SASL-IR SORT THREAD=ORDEREDSUBJECT UIDPLUS UNSELECT WITHIN",
		login:    "NO [AUTHENTICATIONFAILED] IMAP access is disabled, please enable it in your settings",
		boxes:    []*box{{name: "INBOX", validity: 1}, {name: "Spamverdacht", validity: 2, mails: []*mail{newMail(1, "a")}}},
	}
	_, err := d.speak(t, "INBOX")
	if e := session.As(err); e == nil || e.Kind != session.Auth || !strings.Contains(e.Text, "please enable it") {
		t.Errorf("switched off: %v", err)
	}
	d.login = ""
	m, err := d.speak(t, "Junk")
	if err != nil {
		t.Fatal(err)
	}
	if list, err := listAll(m); err != nil || len(list) != 1 || list[0].Folder != "Spamverdacht" {
		t.Errorf("%+v, %v", list, err)
	}
}
