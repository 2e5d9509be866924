package smarthost

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// collect reads text as replies, as line.reply does.
func collect(text string) (replies []Reply, err error) {
	var c collector
	for line := range strings.SplitSeq(text, "\r\n") {
		done, err := c.add([]byte(line))
		if err != nil {
			return replies, err
		}
		if done {
			replies = append(replies, c.reply)
			c = collector{}
		}
	}
	return replies, nil
}

func TestReply(t *testing.T) {
	for _, row := range []struct {
		name, text, want, status string
		code                     int
	}{
		{"code alone", "250", "250", "2.0.0", 250},
		{"text", "250 hello", "250 hello", "2.0.0", 250},
		{"enhanced code", "550 5.1.1 no such user", "550 5.1.1 no such user", "5.1.1", 550},
		{"several lines", "550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user", "550 5.1.1 no such user", "5.1.1", 550},
		{"another enhanced code inside", "550-5.1.1 no\r\n550 5.1.2 user", "550 5.1.1 no 5.1.2 user", "5.1.1", 550},
		{"class of another code is text", "450 5.1.1 no", "450 5.1.1 no", "4.0.0", 450},
		{"334 has none", "334 3.1.1 x", "334 3.1.1 x", "3.0.0", 334},
		{"an address of an IPv4 host is text", "421 4.1.1.1 x", "421 4.1.1.1 x", "4.0.0", 421},
		{"control characters", "550 a\x1b[1mb\x00\x9b", "550 a?[1mb??", "5.0.0", 550},
	} {
		t.Run(row.name, func(t *testing.T) {
			replies, err := collect(row.text)
			if err != nil || len(replies) != 1 {
				t.Fatalf("%d replies, %v", len(replies), err)
			}
			r := replies[0]
			if r.String() != row.want || r.Code != row.code || r.Status() != row.status {
				t.Errorf("got %q with code %d and status %s", r, r.Code, r.Status())
			}
		})
	}
}

func TestBadReply(t *testing.T) {
	for name, text := range map[string]string{
		"no code":             "hello",
		"two digits":          "25",
		"a code of 6":         "650 x",
		"a code of 1":         "150 x",
		"other separator":     "250_x",
		"codes differ":        "250-a\r\n550 b",
		"endless lines":       strings.Repeat("250-a\r\n", maxReplyLines+1),
		"too much text":       strings.Repeat("250-"+strings.Repeat("x", 2000)+"\r\n", 10),
		"digits beyond ASCII": "2\xb25 x",
	} {
		t.Run(name, func(t *testing.T) {
			if replies, err := collect(text); !errors.Is(err, ErrProtocol) {
				t.Errorf("%v, %v", replies, err)
			}
		})
	}
}

func TestOffers(t *testing.T) {
	replies, err := collect("250-PIPELINING\r\n250-pipelining\r\n250-Size 35882577\r\n250-8BITMIME\r\n250-AUTH LOGIN plain\r\n250-AUTH=XOAUTH2\r\n250-\r\n250-X-NEW thing\r\n250 SMTPUTF8")
	if err != nil {
		t.Fatal(err)
	}
	o := parseOffers(replies[0])
	if !o.Pipelining || !o.Size || o.MaxSize != 35882577 || !o.EightBit || !o.UTF8 || o.DSN || o.StartTLS {
		t.Errorf("got %+v", o)
	}
	if want := []string{"LOGIN", "PLAIN", "XOAUTH2"}; !slices.Equal(o.Mechanisms, want) {
		t.Errorf("mechanisms %q, want %q", o.Mechanisms, want)
	}
	for _, size := range []string{"SIZE", "SIZE x", "SIZE -1", "SIZE 99999999999999999999999"} {
		if o := parseOffers(Reply{250, "", []string{"name", size}}); !o.Size || o.MaxSize < 0 {
			t.Errorf("%s: %+v", size, o)
		}
	}
}

// FuzzReply: any octets are replies within the limits, or ErrProtocol; nothing in them can add a
// line.
func FuzzReply(f *testing.F) {
	for _, text := range []string{"250 ok", "250-a\r\n250 b", "550 5.1.1 no", "421", "334 ", "250-\xff\x00\r\n250 \x9b"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		replies, err := collect(string(text))
		if err != nil && !errors.Is(err, ErrProtocol) {
			t.Fatal(err)
		}
		for _, r := range replies {
			s := r.String()
			if r.Code < 200 || r.Code > 599 || len(r.Lines) == 0 || len(r.Lines) > maxReplyLines {
				t.Errorf("%+v", r)
			}
			if strings.ContainsFunc(s, unicode.IsControl) || len(s) > 4*maxReplyText {
				t.Errorf("%q from %q", s, text)
			}
			parseOffers(r)
		}
		if bytes.HasPrefix(text, []byte("250 ")) && len(replies) == 0 && err == nil {
			t.Errorf("%q is no reply", text)
		}
	})
}

// FuzzAddress: what isAddress admits ends no path and adds no line.
func FuzzAddress(f *testing.F) {
	for _, text := range []string{"", "anna@example.org", `"a b"@example.org`, `"a\"> <b"@x`, "a>b", "a\r\nb", `"a`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !isAddress(text) {
			return
		}
		if strings.ContainsAny(text, "\r\n\x00") || len(text) > maxAddress {
			t.Errorf("%q", text)
		}
		unquoted := strings.Split(text, `"`)[0]
		if strings.ContainsAny(unquoted, "<> ") {
			t.Errorf("%q", text)
		}
	})
}
