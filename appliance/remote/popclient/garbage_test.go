package popclient

import (
	"io"
	"slices"
	"testing"
)

// TestNoGarbage: messages leave no garbage behind, however many are fetched.
func TestNoGarbage(t *testing.T) {
	c, err := New(stranger{from: &forever{said: "+OK\r\n-ERR\r\n", unending: "+OK 5 octets\r\nab\r\n..c\r\n.\r\n"}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() {
		if err := c.Fetch(4711, 0, io.Discard); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("a message leaves %v allocations", n)
	}
}

// TestClearDuplicates: a text that occurs once stays, at its index.
func TestClearDuplicates(t *testing.T) {
	for _, row := range []struct{ texts, want []string }{
		{nil, nil},
		{[]string{"b", "a"}, []string{"b", "a"}},
		{[]string{"b", "a", "b", "c", "b"}, []string{"", "a", "", "c", ""}},
		{[]string{"", "a", "", "a"}, []string{"", "", "", ""}},
	} {
		if clearDuplicates(row.texts); !slices.Equal(row.texts, row.want) {
			t.Errorf("%q, want %q", row.texts, row.want)
		}
	}
}
