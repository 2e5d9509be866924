package disk

import (
	"encoding/hex"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A dialogue has a message on each line, in hexadecimal: "S:" is expected from the server, "C:"
// is sent to it, and "S: end" is the end of the connection. Blanks and parenthesized text are
// ignored.
func TestDialogue(t *testing.T) {
	const hello = `
		S: 4e42444d41474943 49484156454f5054 0003 (NBDMAGIC IHAVEOPT, fixed newstyle and no zeroes)
		C: 00000003
	`
	const begin = hello + `
		C: 49484156454f5054 00000007 00000006 00000000 0000 (GO, nameless, no information asked for)
		S: 0003e889045565a9 00000007 00000003 0000000c 0000 0000000000000800 002d (export: 2048 octets; flags: FLUSH FUA TRIM)
		S: 0003e889045565a9 00000007 00000001 00000000
	`
	sector := strings.Repeat("61", Sector)
	for _, row := range []struct{ name, dialogue string }{
		{"an option that is not known is refused, and the next is heard", hello + `
			C: 49484156454f5054 00000008 00000000 (STRUCTURED_REPLY)
			S: 0003e889045565a9 00000008 80000001 00000000
			C: 49484156454f5054 00000006 00000006 00000000 0000 (INFO)
			S: 0003e889045565a9 00000006 00000003 0000000c 0000 0000000000000800 002d
			S: 0003e889045565a9 00000006 00000001 00000000
			C: 49484156454f5054 00000002 00000000 (ABORT)
			S: 0003e889045565a9 00000002 00000001 00000000
			S: end`},
		{"the old way to begin", hello + `
			C: 49484156454f5054 00000001 00000000 (EXPORT_NAME)
			S: 0000000000000800 002d
			C: 25609513 0000 0002 0000000000000000 0000000000000000 00000000 (DISC)
			S: end`},
		{"the old way to begin, with zeroes", `
			S: 4e42444d41474943 49484156454f5054 0003
			C: 00000001
			C: 49484156454f5054 00000001 00000000
			S: 0000000000000800 002d ` + strings.Repeat("00", 124) + `
			C: 25609513 0000 0002 0000000000000000 0000000000000000 00000000
			S: end`},
		{"an option of another magic", hello + `
			C: 49484156454f5055 00000007 00000000
			S: end`},
		{"an option that is too long", hello + `
			C: 49484156454f5054 00000007 00100000
			S: end`},
		{"a write is read again, a flush is answered", begin + `
			C: 25609513 0000 0001 00000000000000a1 0000000000000200 00000200 ` + sector + ` (WRITE)
			S: 67446698 00000000 00000000000000a1
			C: 25609513 0000 0003 00000000000000a2 0000000000000000 00000000 (FLUSH)
			S: 67446698 00000000 00000000000000a2
			C: 25609513 0000 0000 00000000000000a3 0000000000000200 00000200 (READ)
			S: 67446698 00000000 00000000000000a3 ` + sector + `
			C: 25609513 0000 0004 00000000000000a4 0000000000000000 00000800 (TRIM)
			S: 67446698 00000000 00000000000000a4
			C: 25609513 0000 0000 00000000000000a5 0000000000000200 00000200
			S: 67446698 00000000 00000000000000a5 ` + strings.Repeat("00", Sector)},
		{"what cannot be done is EINVAL, and the next is done", begin + `
			C: 25609513 0000 0000 00000000000000b1 0000000000000800 00000200 (READ behind the end)
			S: 67446698 00000016 00000000000000b1
			C: 25609513 0000 0000 00000000000000b2 0000000000000000 ffffffff (READ of 4 GiB)
			S: 67446698 00000016 00000000000000b2
			C: 25609513 0000 0001 00000000000000b3 ffffffffffffff00 00000200 ` + sector + ` (WRITE there)
			S: 67446698 00000016 00000000000000b3
			C: 25609513 0000 0006 00000000000000b4 0000000000000000 00000200 (WRITE_ZEROES)
			S: 67446698 00000016 00000000000000b4
			C: 25609513 0000 0003 00000000000000b5 0000000000000000 00000000
			S: 67446698 00000000 00000000000000b5`},
		{"a request of another magic", begin + `
			C: 25609514 0000 0003 0000000000000001 0000000000000000 00000000
			S: end`},
		{"a write that is too long", begin + `
			C: 25609513 0000 0001 0000000000000001 0000000000000000 ffffffff
			S: end`},
	} {
		t.Run(row.name, func(t *testing.T) {
			dialogue(t, New(make([]byte, 4*Sector)), row.dialogue)
		})
	}
	t.Run("without power nothing is answered", func(t *testing.T) {
		d := New(make([]byte, 4*Sector))
		d.Cut()
		dialogue(t, d, begin+`
			C: 25609513 0000 0003 0000000000000001 0000000000000000 00000000
			S: end`)
	})
	t.Run("FUA goes through", func(t *testing.T) {
		d := New(make([]byte, 4*Sector))
		dialogue(t, d, begin+`
			C: 25609513 0001 0001 0000000000000001 0000000000000000 00000200 `+sector+`
			S: 67446698 00000000 0000000000000001`)
		d.Cut()
		d.Power(Drop, nil)
		if got := letters(d.Medium()); got != "a..." {
			t.Errorf("medium: %q", got)
		}
	})
}

func dialogue(t *testing.T, d *Disk, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nbd")
	s, err := Listen(path, d)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second)) // a fault must not hang the test
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " (")
		who, message, _ := strings.Cut(line, ": ")
		want, err := hex.DecodeString(strings.ReplaceAll(message, " ", ""))
		switch {
		case line == "":
		case line == "S: end":
			if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
				t.Fatalf("want the end, got %x and %v", rest, err)
			}
		case err != nil:
			t.Fatalf("%s: %v", line, err)
		case who == "C":
			if _, err := conn.Write(want); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		default:
			got := make([]byte, len(want))
			if n, err := io.ReadFull(conn, got); err != nil || string(got) != string(want) {
				t.Fatalf("got %x (%v)\nwant %x", got[:n], err, want)
			}
		}
	}
}

// FuzzClient checks that the server neither panics nor hangs with any input after the handshake.
func FuzzClient(f *testing.F) {
	for _, seed := range []string{
		"", "2560951300000003", "25609513000000010000000000000001000000000000000000000200",
		"25609513000000000000000000000001000000000000000000000200", "25609513000000040000000000000001ffffffffffffffff00000200",
	} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte("\x00\x00\x00\x03IHAVEOPT\x00\x00\x00\x01\x00\x00\x00\x00"), b...))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		s, err := Listen(filepath.Join(t.TempDir(), "nbd"), New(make([]byte, 4*Sector)))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		conn, err := net.Dial("unix", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		go func() {
			conn.Write(said)
			conn.(*net.UnixConn).CloseWrite()
		}()
		if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatal(err)
		}
	})
}
