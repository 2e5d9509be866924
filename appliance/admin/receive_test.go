package admin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
)

// numbered makes n letters of about octets each.
func numbered(n, octets int) []string {
	var pairs []string
	for i := range n {
		text := fmt.Sprintf("Subject: %d\n\n", i)
		pairs = append(pairs, fmt.Sprint("u", i), text+strings.Repeat("0123456789abcde\n", (octets-len(text))/16))
	}
	return pairs
}

// TestImportSharesFlushes checks what an import costs the flash: the mail of an old server is the
// largest write of a lifetime.
func TestImportSharesFlushes(t *testing.T) {
	d := &desk{t: t, dev: flashtest.New(flashtest.Options{})}
	var err error
	d.spool, err = spool.Open(t.Context(), spool.Options{Volume: d.dev, Capacity: 64 << 20, MaxMessage: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.spool.Close() })
	if d.table, err = accounts.Parse("accounts", nil); err != nil {
		t.Fatal(err)
	}
	if d.table, err = d.table.Add("anna", "secret of anna"); err != nil {
		t.Fatal(err)
	}
	d.connect(t.Context())
	before := d.dev.Stats()
	const n, octets = 3000, 4 << 10
	if o := d.put("anna", numbered(n, octets)...); o.Kept != n {
		t.Fatalf("%+v", o)
	}
	flushes := d.dev.Stats().Sub(before).Flushes
	s, err := d.Stat()
	if err != nil {
		t.Fatal(err)
	}
	written := float64(s.Written()) / (n * octets) // slots are filled with zeros once in their life
	t.Logf("%d flushes, %.3f bytes written for each byte", flushes, written)
	if flushes > 200 {
		t.Errorf("%d flushes, want at most 200", flushes)
	}
	if written > 1.3 {
		t.Errorf("%.3f bytes written for each byte, want at most 1.3", written)
	}
}

// A cutConn is broken after a number of reads of a client, each of which is at least one answer.
type cutConn struct {
	net.Conn
	left int
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.left == 0 {
		c.Conn.Close()
	}
	c.left--
	return c.Conn.Read(p[:min(len(p), 5)]) // in "kept\n" no answer hides another
}

// TestImportCutAnywhere cuts an import after each answer. The next one goes on, and each message is
// there once and in its order, with all that was answered "kept" in place before.
func TestImportCutAnywhere(t *testing.T) {
	pairs := numbered(40, 100)
	pairs[2*20+1] += strings.Repeat("a large message\n", 30_000) // fills the bound alone
	for cut := 0; ; cut++ {
		d := open(t)
		server := d.server()
		near, far := net.Pipe()
		ended := make(chan struct{})
		go func() { defer close(ended); server.ServeConn(t.Context(), far) }()
		o, err := NewClient(&cutConn{near, cut}, nil).Import("anna", letters(pairs...), func(Outcome) {})
		near.Close()
		<-ended
		there := d.all("anna").order
		if len(there) < o.Kept {
			t.Fatalf("cut %d: %d were kept, %d are there", cut, o.Kept, len(there))
		}
		if second := d.put("anna", pairs...); second.Kept+second.Skipped != 40 || second.Skipped != len(there) {
			t.Errorf("cut %d: %d were there, then %+v", cut, len(there), second)
		}
		got := d.all("anna")
		for i := 0; i < 40; i++ {
			if len(got.order) != 40 || got.order[i] != pairs[2*i] || got.has[pairs[2*i]] != pairs[2*i+1] {
				t.Fatalf("cut %d: %q", cut, got.order)
			}
		}
		d.Close()
		if err == nil {
			if cut < 80 {
				t.Errorf("only %d cuts", cut)
			}
			return
		}
	}
}

// TestUnreadableLetter checks that what was sent before a letter that cannot be read is kept.
func TestUnreadableLetter(t *testing.T) {
	for name, open := range map[string]func() (transfer.Origin, io.ReadCloser, error){
		"opened": func() (transfer.Origin, io.ReadCloser, error) { return transfer.Origin{}, nil, errBroken },
		"read": func() (transfer.Origin, io.ReadCloser, error) {
			return transfer.Origin{}, io.NopCloser(io.MultiReader(strings.NewReader("Subject: half\n\n"), brokenReader{})), nil
		},
	} {
		d := openDesk(t)
		o, err := d.Import("anna", func(yield func(transfer.Message, error) bool) {
			for l, err := range letters("a", "x\n", "b", "y\n") {
				yield(l, err)
			}
			yield(transfer.Message{Name: "file", UID: "c", Open: open}, nil)
		}, func(Outcome) {})
		if !errors.Is(err, errBroken) || o.Kept != 2 {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
		if got := d.all("anna").order; !reflect.DeepEqual(got, []string{"a", "b"}) {
			t.Errorf("%s: kept %q", name, got)
		}
		d.Close()
	}
}

var openDesk = open

// TestLeftOutInTheMiddle checks that a letter that is refused while it is read harms no other.
func TestLeftOutInTheMiddle(t *testing.T) {
	d := open(t)
	o, err := d.Import("anna", func(yield func(transfer.Message, error) bool) {
		yield(transfer.Message{Name: "packed", UID: "c", Open: func() (transfer.Origin, io.ReadCloser, error) {
			return transfer.Origin{}, io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 100_000)), refusedReader{})), nil
		}}, nil)
		for l, err := range letters("a", "x\n") {
			yield(l, err)
		}
	}, func(Outcome) {})
	if err != nil || o.Kept != 1 || !reflect.DeepEqual(o.Refused, []string{"packed: cut off"}) {
		t.Errorf("%+v, %v", o, err)
	}
}

type refusedReader struct{}

func (refusedReader) Read([]byte) (int, error) { return 0, transfer.Refused{Reason: "cut off"} }

// TestDryRun checks that a dry run counts as the import does and writes nothing.
func TestDryRun(t *testing.T) {
	d := open(t)
	d.put("anna", "a", "x\n")
	before := d.dev.Stats()
	pairs := []string{"a", "x\n", "b", "y\n", "a", "another\n", "c", strings.Repeat("0123456789\n", 60_000), "b", "y\n", "d", "z\r\n"}
	would, err := d.DryRun("anna", letters(pairs...), func(Outcome) {})
	if err != nil {
		t.Fatal(err)
	}
	if cost := d.dev.Stats().Sub(before); cost.Bytes != 0 || cost.Flushes != 0 {
		t.Errorf("it wrote %+v", cost)
	}
	did := d.put("anna", pairs...)
	if !reflect.DeepEqual(would, did) || did.Kept != 4 || did.Skipped != 1 || len(did.Refused) != 1 {
		t.Errorf("it would do %+v, and did %+v", would, did)
	}
}

// TestFullMailbox checks that an import that ends at the limit of the mailbox keeps what was below
// it, and that a dry run ends there as well.
func TestFullMailbox(t *testing.T) {
	for _, dry := range []bool{true, false} {
		d := open(t)
		near, far := net.Pipe()
		d.quota = 1000
		go d.server().ServeConn(t.Context(), far)
		d.Client = NewClient(near, nil)
		o, err := d.imports("anna", letters(numbered(10, 300)...), func(Outcome) {}, dry)
		if err == nil || !strings.Contains(err.Error(), "mailbox") || o.Kept != 3 {
			t.Errorf("dry %v: %+v, %v", dry, o, err)
		}
		d.Close()
		d.connect(t.Context())
		if got := len(d.all("anna").order); got != 3 && !dry || got != 0 && dry {
			t.Errorf("dry %v: %d are there", dry, got)
		}
	}
}

// TestOldClient checks that a client that would wait for each answer is refused and does not hang.
func TestOldClient(t *testing.T) {
	d := open(t)
	if err := d.talk.send("import", "anna"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.read(); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("%v", err)
	}
}
