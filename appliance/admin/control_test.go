package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
)

// A desk is a spool with a server, and a client of it.
type desk struct {
	*Client
	t     *testing.T
	dev   *flashtest.Device
	spool *spool.Spool
	table *accounts.Table
	quota config.Size // of a mailbox; 0: none
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dev: flashtest.New(flashtest.Options{})}
	var err error
	d.spool, err = spool.Open(t.Context(), spool.Options{Volume: d.dev, SlotSize: spool.MinSlotSize, Capacity: 16 * spool.MinSlotSize, MaxMessage: 512 << 10})
	if err != nil {
		t.Fatal(err)
	}
	if d.table, err = accounts.Parse("accounts", nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"anna", "otto"} {
		if d.table, err = d.table.Add(name, "secret of "+name); err != nil {
			t.Fatal(err)
		}
	}
	d.connect(t.Context())
	t.Cleanup(func() { d.spool.Close() })
	return d
}

// connect makes a client of the server; when it is closed the server has ended.
func (d *desk) connect(ctx context.Context) {
	near, far := net.Pipe()
	ended := make(chan struct{})
	server := d.server()
	go func() {
		defer close(ended)
		server.ServeConn(ctx, far)
	}()
	d.Client = NewClient(near, func() error { <-ended; return nil })
	d.t.Cleanup(func() { near.Close(); <-ended })
}

// server returns a server of the spool, for which a mailbox may fill the spool.
func (d *desk) server() *Server {
	c := config.Default()
	c.Retention.MailboxShare, c.Retention.BinDays, c.Retention.Quota = 100, 30, d.quota
	rules := func() delivery.Rules { return delivery.Rules{Config: c, Table: d.table} }
	return &Server{
		Spool: d.spool, Accounts: func() *accounts.Table { return d.table },
		Intake: delivery.New(delivery.Options{Spool: d.spool, Rules: rules, Largest: 512 << 10, Index: 1 << 30}),
	}
}

// letters makes letters of contents, by unique-id; "-" stands for none.
func letters(pairs ...string) iter.Seq2[transfer.Message, error] {
	return func(yield func(transfer.Message, error) bool) {
		for i := 0; i < len(pairs); i += 2 {
			uid, text := strings.Trim(pairs[i], "-"), pairs[i+1]
			l := transfer.Message{Name: "letter " + pairs[i], UID: uid, Open: func() (transfer.Origin, io.ReadCloser, error) {
				return transfer.Origin{From: "sender@home.arpa", Received: time.Unix(1_000_000_000, 0)}, io.NopCloser(strings.NewReader(text)), nil
			}}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// put imports letters.
func (d *desk) put(account string, pairs ...string) Outcome {
	d.t.Helper()
	o, err := d.Import(account, letters(pairs...), func(Outcome) {})
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

// A shelf is a transfer.Taker that notes what it is given.
type shelf struct {
	has   map[string]string // unique-id to content
	order []string
	from  transfer.Origin
	lost  []string
}

func (s *shelf) Wants(uid string, _ int64) bool { _, has := s.has[uid]; return !has }
func (s *shelf) Damaged(uid string)             { s.lost = append(s.lost, uid) }

func (s *shelf) Take(uid string, o transfer.Origin, content io.Reader) error {
	text, err := io.ReadAll(content)
	if s.has == nil {
		s.has = map[string]string{}
	}
	s.has[uid], s.from = string(text), o
	s.order = append(s.order, uid)
	return err
}

func (d *desk) all(account string) *shelf {
	d.t.Helper()
	s := &shelf{}
	if err := d.Export(account, "", s); err != nil {
		d.t.Fatal(err)
	}
	return s
}

// TestRoundTrip: what went in comes out, in its order, but for the ends of lines.
func TestRoundTrip(t *testing.T) {
	d := open(t)
	long := "Subject: long\n\n" + strings.Repeat(".a line that begins with a dot\n", 10_000)
	o := d.put("anna", "c", "Subject: x\n\n.\n..\n.x\nbare\n", "a", "Subject: crlf\r\n\r\nx\r\n.\r\ny", "b", long, "-", "")
	if o.Kept != 4 || o.Skipped != 0 || len(o.Refused) != 0 {
		t.Errorf("%+v", o)
	}
	got := d.all("anna")
	for uid, want := range map[string]string{"c": "Subject: x\n\n.\n..\n.x\nbare\n", "a": "Subject: crlf\n\nx\n.\ny\n", "b": long} {
		if got.has[uid] != want {
			t.Errorf("%s is %.60q, want %.60q", uid, got.has[uid], want)
		}
	}
	if len(got.order) != 4 || !reflect.DeepEqual(got.order[:3], []string{"c", "a", "b"}) {
		t.Errorf("the order is %q", got.order)
	}
	if want := (transfer.Origin{From: "sender@home.arpa", Received: time.Unix(1_000_000_000, 0)}); got.from != want {
		t.Errorf("origin %v, want %v", got.from, want)
	}
	if len(d.all("otto").order) != 0 {
		t.Error("otto has mail of anna")
	}
}

// TestTwice: the second time only what has no unique-id is taken, and an export goes on where it
// ended.
func TestTwice(t *testing.T) {
	d := open(t)
	d.put("anna", "a", "x\n", "b", "y\n")
	if o := d.put("anna", "a", "x\n", "b", "y\n", "b", "again\n", "c", "z\n", "-", "w\n"); o.Kept != 3 || o.Skipped != 2 {
		t.Errorf("%+v", o)
	}
	if o := d.put("otto", "a", "x\n"); o.Kept != 1 {
		t.Errorf("a unique-id of another mailbox was in the way: %+v", o)
	}
	s := &shelf{has: map[string]string{"a": "", "c": ""}}
	if err := d.Export("anna", "", s); err != nil || len(s.order) != 3 || s.order[0] != "b" || !strings.HasPrefix(s.order[1], "b~") {
		t.Errorf("%q, %v", s.order, err)
	}
}

// TestRefusals: one mail that cannot be taken is named and harms no other.
func TestRefusals(t *testing.T) {
	d := open(t)
	o := d.put("anna", "a", "x\n", "b", strings.Repeat("0123456789\n", 60_000), "c", "y\n")
	if o.Kept != 2 || len(o.Refused) != 1 || !strings.Contains(o.Refused[0], "letter b") {
		t.Errorf("%+v", o)
	}
	if got := d.all("anna").order; !reflect.DeepEqual(got, []string{"a", "c"}) {
		t.Errorf("kept %q", got)
	}
	for _, row := range []struct{ name, account, key, want string }{
		{"nobody", "hugo", "", "user list"},
		{"no key", "", "xyz", "16 hexadecimal digits"},
		{"no mailbox", "", "0000000000000001", "no mail is kept"},
	} {
		d.connect(t.Context())
		if err := d.Export(row.account, row.key, &shelf{}); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	d.connect(t.Context())
	if _, err := d.Import("anna", letters("with space", "x\n"), func(Outcome) {}); err == nil || !strings.Contains(err.Error(), "unique-id") {
		t.Errorf("a bad unique-id: %v", err)
	}
}

// TestFull: a full spool ends an import and says so; what was kept is kept.
func TestFull(t *testing.T) {
	d := open(t)
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprint("u", i), strings.Repeat("0123456789\n", 40_000))
	}
	o, err := d.Import("anna", letters(many...), func(Outcome) {})
	if err == nil || !strings.Contains(err.Error(), "spool") || o.Kept == 0 || o.Kept == 20 {
		t.Fatalf("%+v, %v", o, err)
	}
	d.connect(t.Context())
	if got := len(d.all("anna").order); got != o.Kept {
		t.Errorf("%d mails are there, %d were kept", got, o.Kept)
	}
}

// TestCutMail: who hangs up in the middle of a mail, or cannot read it, has not delivered it.
func TestCutMail(t *testing.T) {
	d := open(t)
	broken := func(yield func(transfer.Message, error) bool) {
		yield(transfer.Message{Name: "file", UID: "a", Open: func() (transfer.Origin, io.ReadCloser, error) {
			return transfer.Origin{}, io.NopCloser(io.MultiReader(strings.NewReader("Subject: half\n\n"), brokenReader{})), nil
		}}, nil)
	}
	if _, err := d.Import("anna", broken, func(Outcome) {}); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "file") {
		t.Errorf("%v", err)
	}
	d.Close()
	d.connect(t.Context())
	if got := d.all("anna").order; len(got) != 0 {
		t.Errorf("half a mail was kept: %q", got)
	}
}

var errBroken = errors.New("broken")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestStat(t *testing.T) {
	d := open(t)
	d.put("anna", "a", "Subject: x\n\nhello\n")
	d.put("otto", "a", "y\n", "b", "z\n")
	key := keyText(spool.Key(d.table.Accounts()[1].Mailbox))
	table, err := d.table.Remove("otto")
	if err != nil {
		t.Fatal(err)
	}
	d.table = table
	s, err := d.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if want := []Mailbox{{"anna", 1, 21}}; !reflect.DeepEqual(s.Accounts, want) {
		t.Errorf("accounts %v, want %v", s.Accounts, want)
	}
	if want := []Mailbox{{key, 2, 6}}; !reflect.DeepEqual(s.Orphans, want) {
		t.Errorf("orphans %v, want %v", s.Orphans, want)
	}
	if want := gather(d.spool, d.table, false); !reflect.DeepEqual(s, want) {
		t.Errorf("%+v came over, of %+v", s, want)
	}
	if s.Messages != 3 || s.Flushes < 2 || s.Live == 0 || s.In == 0 || s.Written() < 2*4096 || s.Amplification() < 1 || s.NAND() < 2*nandPage {
		t.Errorf("%+v", s)
	}
	orphan := &shelf{}
	if err := d.Export("", key, orphan); err != nil || len(orphan.order) != 2 {
		t.Errorf("of the orphan: %q, %v", orphan.order, err)
	}
}

func TestVerifyAndDamage(t *testing.T) {
	d := open(t)
	d.put("anna", "a", "x\n", "b", strings.Repeat("to be damaged\n", 1000), "c", "z\n")
	last := int64(0)
	progress := func(done, total int64) {
		if done <= last || total != 3 {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	}
	if r, err := d.Verify(progress); err != nil || r.Messages != 3 || len(r.Damaged) != 0 || r.Lost != 0 || last != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	d.dev.Corrupt("00000", 2*4096+5000, 4)
	r, err := d.Verify(func(int64, int64) {})
	if want := []Damage{{"anna", "b"}}; err != nil || !reflect.DeepEqual(r.Damaged, want) {
		t.Errorf("%+v, %v", r, err)
	}
	d.spool.Close()
	if d.spool, err = spool.Open(t.Context(), spool.Options{Volume: d.dev, SlotSize: spool.MinSlotSize, Capacity: 16 * spool.MinSlotSize}); err != nil {
		t.Fatal(err)
	}
	d.connect(t.Context())
	if err := d.Compact(func(int64) {}); err != nil {
		t.Error(err)
	}
}

// TestStop: a server that has to stop waits for no client.
func TestStop(t *testing.T) {
	d := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	d.connect(ctx)
	if _, err := d.Stat(); err != nil {
		t.Fatal(err)
	}
	cancel()
	d.last() // waits for the end of the server, whose client says nothing and does not hang up
	if _, err := d.Stat(); err == nil {
		t.Error("it still answers")
	}
}

func TestLines(t *testing.T) {
	var buf strings.Builder
	sent := &talk{out: newTalk(readWriter{strings.NewReader(""), &buf}).out}
	want := []string{"", "two words", `"`, `\`, "ü", "a\nb", "\xff", "plain:1"}
	words := []any{"verb"}
	for _, w := range want[:7] {
		words = append(words, w)
	}
	sent.send(words...)
	verb, got, err := newTalk(readWriter{strings.NewReader(buf.String()), io.Discard}).read()
	if err != nil || verb != "verb" || !reflect.DeepEqual(got, want[:7]) {
		t.Errorf("%q %q, %v", verb, got, err)
	}
	for _, bad := range []string{"\n", " a\n", "a  b\n", "a \n", "\"a\n", "\"a\"b\n", "1 2 3 4 5 6 7 8 9\n", strings.Repeat("a", 9000) + "\n", "no end"} {
		if verb, words, err := newTalk(readWriter{strings.NewReader(bad), io.Discard}).read(); err == nil {
			t.Errorf("%.20q was read as %.20q %q", bad, verb, words)
		}
	}
}

type readWriter struct {
	io.Reader
	io.Writer
}

// FuzzServer: whatever a client says, the server ends, keeps only whole mails, and goes on for
// others.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{"stat\n", "verify\ncompact\n", "export anna\ntake\nkept\nskip\n", "import anna ahead\noffer x 0\nmail a 5\n3\nx\n\n0\noffer y 0\nmail a 5\n9\nx", "export -key 0123456789abcdef\n", "import \"an\\x6ea\" ahead\ndone\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		d := open(t)
		d.put("anna", "one", "Subject: x\n\nhello\n")
		near, far := net.Pipe()
		go func() {
			go io.Copy(io.Discard, near)
			io.WriteString(near, said)
			near.Close()
		}()
		d.server().ServeConn(t.Context(), far)
		for uid, text := range d.all("anna").has {
			if uid == "one" && text != "Subject: x\n\nhello\n" {
				t.Errorf("%s is %q", uid, text)
			}
		}
	})
}
