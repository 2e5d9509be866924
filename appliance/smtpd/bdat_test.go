package smtpd_test

import (
	"strings"
	"testing"

	"pillarbox/appliance/smtpd"
)

// TestChunksDoNotCount: chunks with octets do not count for Limits.Commands, because a message of
// 10 MiB arrives in chunks of 8 KiB. Chunks without octets, and refused ones, count.
func TestChunksDoNotCount(t *testing.T) {
	const (
		begin = "EHLO client\r\nMAIL FROM:<>\r\nRCPT TO:<anna>\r\n"
		size  = 8 << 10
	)
	chunk := "BDAT 8192\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", size/64)
	for _, tt := range []struct {
		name, chunk string
		chunks      int
		want        string // the reply to the last BDAT, or to the one too many
	}{
		{"10 MiB in chunks of 8 KiB", chunk, 10 << 20 / size, "250 2.0.0"},
		{"octet by octet", "BDAT 1\r\nx", 3000, "250 2.0.0"},
		{"empty", "BDAT 0\r\n", 1100, "421 4.7.0"},
		{"zeros", "BDAT 00\r\n", 1100, "421 4.7.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := new(backend)
			server, _ := newServer(h)
			server.MaxMessage = 11 << 20
			replies := say(t, server, begin+strings.Repeat(tt.chunk, tt.chunks)+"BDAT 0 LAST\r\n")
			if got := replies[len(replies)-1]; !strings.HasPrefix(got, tt.want) {
				t.Errorf("the last of %d replies is %q, want %q", len(replies), got, tt.want)
			}
			if stored := len(h.messages()) == 1; stored != strings.HasPrefix(tt.want, "250") {
				t.Errorf("%d messages are stored", len(h.messages()))
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		h := &backend{begin: smtpd.ErrMailboxFull}
		server, _ := newServer(h)
		replies := say(t, server, begin+strings.Repeat("BDAT 1\r\nx", 1100))
		if got := replies[len(replies)-1]; !strings.HasPrefix(got, "421 4.7.0") {
			t.Errorf("the last of %d replies is %q", len(replies), got)
		}
	})
}
