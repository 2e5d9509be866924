package client

import (
	"bufio"
	"slices"
	"testing"
)

func TestReaderReadsBlocks(t *testing.T) {
	for _, row := range []struct {
		name, reply, want string
		fails             bool
	}{
		{"lines", "+OK\r\na\r\nb\r\n.\r\n", "a\r\nb\r\n", false},
		{"stuffed dots", "+OK\r\n..\r\n..a\r\n.\r\n", ".\r\n.a\r\n", false},
		{"a dot and a bare LF end nothing", "+OK\r\n.\na\r\n.\r\n", "\na\r\n", false},
		{"empty", "+OK\r\n.\r\n", "", false},
		{"refused", "-ERR no\r\n", "", true},
		{"cut", "+OK\r\na\r\n", "", true},
	} {
		conn := script(t, "", row.reply)
		r := &POP3{conn: conn, in: bufio.NewReader(conn)}
		got, err := r.Retrieve(1)
		if string(got) != row.want || (err != nil) != row.fails {
			t.Errorf("%s: got %q, %v, want %q", row.name, got, err, row.want)
		}
	}
}

func TestReaderReadsUniqueIDs(t *testing.T) {
	for _, row := range []struct {
		name, reply string
		want        []string
		fails       bool
	}{
		{"two", "+OK\r\n1 aa\r\n2 bb\r\n.\r\n", []string{"aa", "bb"}, false},
		{"none", "+OK\r\n.\r\n", nil, false},
		{"a number is left out", "+OK\r\n1 aa\r\n3 bb\r\n.\r\n", nil, true},
		{"no unique-id", "+OK\r\n1\r\n.\r\n", nil, true},
	} {
		conn := script(t, "", row.reply)
		r := &POP3{conn: conn, in: bufio.NewReader(conn)}
		got, err := r.UIDs()
		if !slices.Equal(got, row.want) || (err != nil) != row.fails {
			t.Errorf("%s: got %q, %v, want %q", row.name, got, err, row.want)
		}
	}
}
