package pop3_test

import (
	"strings"
	"testing"

	"pillarbox/pop3"
	"pillarbox/pop3/pop3test"
)

// A header is rewritten whatever its size: RETR and TOP refuse no message permanently, and the next
// message comes, too.
func TestLargeHeaderIsRewritten(t *testing.T) {
	filler := strings.Repeat("X-Filler: "+strings.Repeat("x", 67)+"\n", 867)
	header := filler + "From: jörg <j@home.arpa>\nSubject: " + strings.Repeat("y", 75) + "\n" + filler[:78]
	if got := len(strings.ReplaceAll(header, "\n", "\r\n")); got < 67_761 {
		t.Fatalf("the header has %d octets", got)
	}
	store := new(pop3test.Store)
	store.Deliver("anna", header+"\nbödy\n")
	store.Deliver("anna", "Subject: behind it\n\n")
	c := talkPipe(t, newServer(store))
	c.logIn()
	want := strings.ReplaceAll(strings.ReplaceAll(header, "jörg", "=?utf-8?q?j=C3=B6rg?=")+"\n", "\n", "\r\n")
	for _, tt := range []struct{ command, body string }{{"RETR 1", "bödy\r\n"}, {"TOP 1 0", ""}, {"TOP 1 99999999", "bödy\r\n"}} {
		c.say(tt.command)
		if got := c.multi(); got != want+tt.body {
			t.Errorf("%s has %d octets, want %d", tt.command, len(got), len(want+tt.body))
		}
	}
	c.say("RETR 2", "QUIT")
	c.multi()
	c.want("+OK")
	c.end()
}

// Without a blank line all of a message is its header. Text with octets above 0x7F is sent as it is
// stored; a field is rewritten up to the first line that is none.
func TestTextWithoutBlankLine(t *testing.T) {
	text := strings.Repeat("Grüße aus dem Süden, heute 31 Grad\r\n", 2000)
	for _, tt := range []struct{ name, mail, want, reply string }{
		{"text", text, text, "+OK 78000 octets"},
		{"a field and text", "Betreff: Wärme\r\n" + text, "Betreff: =?utf-8?q?W=C3=A4rme?=\r\n" + text, "+OK"},
		{"one field", "X-Text: " + text[:36] + strings.Repeat("\r\n\t"+text[:36], 2), "X-Text: =?utf-8?q?", "+OK"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := new(pop3test.Store)
			store.Deliver("anna", tt.mail)
			c := talkPipe(t, newServer(store))
			c.logIn()
			for _, command := range []string{"RETR 1", "TOP 1 0"} {
				c.say(command)
				reply := c.want("+OK")
				if command == "RETR 1" && reply != tt.reply {
					t.Errorf("the reply is %q, want %q", reply, tt.reply)
				}
				var got strings.Builder
				for line := ""; line != "."; line = c.want("") {
					got.WriteString(line)
				}
				want := strings.ReplaceAll(tt.want, "\r\n", "")
				if !strings.HasPrefix(got.String(), want) {
					t.Errorf("%s begins %.60q, want %.60q", command, got.String(), want)
				}
			}
			c.say("QUIT")
			c.want("+OK")
			c.end()
		})
	}
}

// A field that is too large to be held is sent as it is stored; the fields beside it are rewritten.
func TestLargeFieldIsSentAsStored(t *testing.T) {
	large := "X-Large: ü" + strings.Repeat("x", 70_000) + "\n"
	store := new(pop3test.Store)
	store.Deliver("anna", "Subject: ü\n"+large+"Comments: ü\n\nbody\n")
	store.Deliver("anna", large+"\nbody\n")
	c := talkPipe(t, newServer(store))
	c.logIn()
	c.say("RETR 1")
	if got, want := c.multi(), strings.ReplaceAll("Subject: =?utf-8?q?=C3=BC?=\n"+large+"Comments: =?utf-8?q?=C3=BC?=\n\nbody\n", "\n", "\r\n"); got != want {
		t.Errorf("got %d octets, want %d", len(got), len(want))
	}
	c.say("LIST 2", "RETR 2")
	octets := number(t, c.want("+OK"), 2)
	if got := number(t, c.want("+OK"), 1); got != octets {
		t.Errorf("the +OK says %d octets, LIST %d", got, octets)
	}
	for c.want("") != "." {
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

// Messages in a file are rewritten too, behind other gathered replies. After the rewritten fields,
// a large one is sent from the file.
func TestRewrittenFromFile(t *testing.T) {
	store := new(pop3test.Store)
	store.InFile(t)
	text := strings.Repeat("a line\n", 20_000)
	for range 20 {
		store.Deliver("anna", "Subject: ü\n\n"+text)
	}
	near, far := pair(t)
	c := talk(t, t.Context(), newServer(store), near, far)
	c.logIn()
	want := "Subject: =?utf-8?q?=C3=BC?=\r\n\r\n" + strings.ReplaceAll(text, "\n", "\r\n")
	for range 20 {
		c.say("NOOP", "RETR 1", "NOOP")
		c.want("+OK")
		if got := c.multi(); got != want {
			t.Fatalf("RETR 1 has %d octets, want %d", len(got), len(want))
		}
		c.want("+OK")
	}
	c.say("QUIT")
	c.want("+OK")
	c.end()
}

// A header that cannot be read gets an error like a body: nothing of the reply was sent.
func TestHeaderUnreadable(t *testing.T) {
	store := sampleStore()
	server := newServer(store)
	c := talkPipe(t, server)
	c.logIn()
	store.SetFaults(pop3test.Faults{ReadAfter: 1})
	c.say("RETR 1", "TOP 1 0", "NOOP")
	c.want("-ERR [SYS/TEMP]")
	c.want("-ERR [SYS/TEMP]")
	c.want("+OK")
	store.SetFaults(pop3test.Faults{Body: pop3.ErrDamaged})
	c.say("RETR 1")
	c.want("-ERR [SYS/PERM]")
	c.say("QUIT")
	c.want("+OK")
	c.end()
}
