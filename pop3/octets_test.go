package pop3_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pillarbox/pop3/pop3test"
)

// nasty are messages that other servers get wrong.
var nasty = []struct{ name, mail string }{
	{"nothing", ""},
	{"one dot", "."},
	{"one dot and a line end", ".\r\n"},
	{"a dot in the first line (D19)", ".hidden: x\r\n\r\nbody\r\n"},
	{"header only, no blank line", "Subject: x\r\n"},
	{"header only", "Subject: x\r\n\r\n"},
	{"blank line first", "\r\nbody\r\n"},
	{"body of dots (D1)", "Subject: x\r\n\r\n" + strings.Repeat(".\r\n..\r\n...\r\n", 50)},
	{"end of data in the middle", "Subject: x\r\n\r\na\r\n.\r\nQUIT\r\n.\r\n"},
	{"no final line end", "Subject: x\r\n\r\nlast"},
	{"bare LF (D5)", "Subject: x\n\na\nb\n.\nc\n"},
	{"NUL and 8 bit", "Subject: x\r\n\r\na\x00b\xff\r\n"},
	{"a line of 70,000 octets (D4)", "Subject: x\r\n\r\n" + strings.Repeat("x", 70_000) + "\r\nlast\r\n"},
	{"a line of 1 MiB", "Subject: x\r\n\r\n" + strings.Repeat(".", 1<<20) + "\r\n"},
	{"a header of 70,000 octets", "Subject: " + strings.Repeat("x", 70_000) + "\r\n\r\nbody\r\n"},
	{"large, stuffed everywhere", "Subject: x\r\n\r\n" + strings.Repeat(".line\r\n", 60_000)},
}

// deliverNasty delivers all of them to anna, and returns what a client has to receive.
func deliverNasty(store *pop3test.Store) (want []string) {
	for _, n := range nasty {
		store.Deliver("anna", n.mail)
		w := strings.ReplaceAll(strings.ReplaceAll(n.mail, "\r\n", "\n"), "\n", "\r\n")
		w = strings.ReplaceAll(w, "\x00", " ")
		if w != "" && !strings.HasSuffix(w, "\r\n") {
			w += "\r\n"
		}
		want = append(want, w)
	}
	return want
}

// D3, D5: between +OK and the dot there are the octets that LIST states, without byte-stuffing,
// whether they are copied or sent by the kernel. TOP is a prefix of them.
func TestOctetsAreWhatListSays(t *testing.T) {
	for _, place := range []string{"in memory", "in a file"} {
		store := new(pop3test.Store)
		if place == "in a file" {
			store.InFile(t)
		}
		want := deliverNasty(store)
		near, far := pair(t)
		c := talk(t, context.Background(), newServer(store), near, far)
		c.logIn()
		for i, n := range nasty {
			t.Run(place+"/"+n.name, func(t *testing.T) {
				c.t = t
				c.say(fmt.Sprintf("LIST %d", i+1))
				octets := number(t, c.want("+OK"), 2)
				c.say(fmt.Sprintf("RETR %d", i+1))
				got := c.multi()
				if got != want[i] {
					t.Errorf("RETR: got %d octets %.60q, want %d octets %.60q", len(got), got, len(want[i]), want[i])
				}
				if int64(len(got)) != octets {
					t.Errorf("RETR: got %d octets, LIST says %d", len(got), octets)
				}
				checkTop(t, c, i+1, want[i])
			})
		}
		c.t = t
		c.say("QUIT")
		c.want("+OK")
		c.end()
	}
}

// checkTop compares TOP with what a naive reader of the mail would cut.
func checkTop(t *testing.T, c *client, n int, mail string) {
	t.Helper()
	for _, lines := range []int{0, 1, 2, 3, 49, 50, 149, 150, 151, 100_000, 99_999_999} {
		c.say(fmt.Sprintf("TOP %d %d", n, lines))
		if got, want := c.multi(), naiveTop(mail, lines); got != want {
			t.Errorf("TOP %d: got %d octets %.60q, want %d octets %.60q", lines, len(got), got, len(want), want)
		}
	}
}

// naiveTop cuts a message by looking at each of its lines.
func naiveTop(mail string, lines int) string {
	var top strings.Builder
	header := true
	for line := range strings.SplitAfterSeq(mail, "\n") {
		if !header {
			lines--
		}
		if lines < 0 {
			break
		}
		top.WriteString(line)
		if line == "\r\n" {
			header = false
		}
	}
	return top.String()
}

// large returns a message of about size octets in which no two places look the same.
func large(size int) string {
	var b strings.Builder
	b.WriteString("Subject: large\r\n\r\n")
	for i := 0; b.Len() < size; i += 7919 {
		b.WriteString(strings.Repeat(string(rune('a'+i%26)), 1+i%70))
		b.WriteString("\r\n")
	}
	return b.String()
}
