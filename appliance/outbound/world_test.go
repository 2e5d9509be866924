package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zaptest"

	"pillarbox/appliance/outbound/smarthost"
	"pillarbox/pop3/wire"
	"pillarbox/spool"
	"pillarbox/spool/flash/flashtest"
)

// A world is a spool in memory, a queue on it, and an outgoing server that does what the test says.
type world struct {
	t       *testing.T
	device  *flashtest.Device
	spool   *spool.Spool
	queue   *Queue
	stop    func()
	hold    *Hold
	trusted bool

	mu       sync.Mutex
	accounts []Account
	secrets  int   // generation
	dial     error // of the next sessions
	dials    int
	sizes    int64
	reply    func(from, to string) smarthost.Result
	broken   error                 // of the next Send
	before   func(from, to string) // of Send, without the lock
	dsn      bool
	sent     []string // "from to: content"
	tried    []time.Duration
	reports  []string
	full     error // of Deliver
	asked    []string
	inSent   func(id string) (bool, error)
	began    time.Time
}

// anna is the account of most tests.
var anna = Account{Name: "anna-mail", Owner: "anna", Addresses: []string{"anna@example.org"}, Server: "smtp.example.org:465"}

func newWorld(t *testing.T) *world {
	w := &world{t: t, device: flashtest.New(flashtest.Options{}), accounts: []Account{anna}, trusted: true, began: time.Now()}
	w.reply = func(string, string) smarthost.Result { return sent() }
	w.start()
	return w
}

func reply(text string) smarthost.Reply {
	var r smarthost.Reply
	fmt.Sscanf(text, "%d %s", &r.Code, &r.Enhanced)
	r.Lines = []string{strings.SplitN(text, " ", 3)[2]}
	return r
}

func sent() smarthost.Result {
	return smarthost.Result{Outcome: smarthost.Sent, Reply: reply("250 2.0.0 OK")}
}

func refused(text string) smarthost.Result {
	r := smarthost.Result{Outcome: smarthost.Deferred, Reply: reply(text)}
	if r.Reply.Permanent() {
		r.Outcome = smarthost.Failed
	}
	return r
}

// start opens the spool and runs the queue.
func (w *world) start() {
	w.t.Helper()
	var err error
	w.spool, err = spool.Open(context.Background(), spool.Options{Volume: w.device, Capacity: 16 << 20, SlotSize: 256 << 10})
	if err != nil {
		w.t.Fatal(err)
	}
	w.queue = New(Options{
		Spool: w.spool, Accounts: w, Dialer: w, Deliver: w.deliver, Hold: w.hold,
		Wall:     func() (time.Time, bool) { return time.Now(), w.trusted },
		Hostname: func() string { return "nas.home.arpa" },
		Asks: func(a Account, why string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.asked = append(w.asked, a.Name)
		},
		InSent: func(_ context.Context, _ Account, id string) (bool, error) {
			if w.inSent == nil {
				return false, errors.New("no IMAP")
			}
			return w.inSent(id)
		},
		Log: zaptest.NewLogger(w.t),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.queue.Run(ctx) }()
	w.stop = func() { cancel(); <-done; w.spool.Close() }
}

// end stops the queue as a power cut would, as far as memory goes.
func (w *world) restart() { w.stop(); w.start() }

func (w *world) Accounts() []Account {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.accounts)
}

func (w *world) Generation(string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprint(w.secrets)
}

func (w *world) Dial(context.Context, Account) (Session, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dials++
	w.tried = append(w.tried, time.Since(w.began))
	if w.dial != nil {
		return nil, w.dial
	}
	return (*outside)(w), nil
}

// outside is the outgoing server of a world.
type outside world

func (o *outside) Offers() smarthost.Offers { return smarthost.Offers{MaxSize: o.sizes, DSN: o.dsn} }
func (o *outside) Close()                   {}

func (o *outside) Send(m *smarthost.Message) ([]smarthost.Result, error) {
	o.mu.Lock()
	before := o.before
	o.mu.Unlock()
	if before != nil {
		before(m.From, m.To[0].Address)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	results := make([]smarthost.Result, len(m.To))
	if o.broken != nil {
		return results, o.broken
	}
	from, size, err := m.Body()
	if err != nil {
		return results, err
	}
	text, err := io.ReadAll(from)
	if err != nil || int64(len(text)) != size {
		o.t.Errorf("a body of %d octets has %d: %v", size, len(text), err)
	}
	for i, r := range m.To {
		results[i] = o.reply(m.From, r.Address)
		results[i].Noticed = o.dsn
		if results[i].Outcome == smarthost.Sent {
			o.sent = append(o.sent, fmt.Sprintf("%s > %s: %s", m.From, r.Address, text))
		}
	}
	return results, nil
}

func (w *world) deliver(_ context.Context, owner string, text []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.full != nil {
		return w.full
	}
	w.reports = append(w.reports, owner+"\n"+string(text))
	return nil
}

const mailText = "Message-ID: <1@example.org>\r\nSubject: hello\r\n\r\ntext\r\n"

// put queues a message for recipients elsewhere, and for a mailbox here beside them.
func (w *world) put(from string, wishes Wishes, to ...string) (id string) {
	w.t.Helper()
	return w.putText(mailText, from, wishes, to...)
}

func (w *world) putText(content, from string, wishes Wishes, to ...string) (id string) {
	w.t.Helper()
	id = NewID()
	list := []spool.Recipient{{Mailbox: 7, Head: []byte("Delivered-To: bert\r\n")}}
	for _, address := range to {
		h := Head{ID: id, Account: "anna-mail", To: address, Wishes: wishes}
		head, err := h.Append(nil)
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, spool.Recipient{Mailbox: Key, Head: head})
	}
	d, err := w.spool.Begin(context.Background(), spool.Envelope{From: from, Received: time.Now()}, list)
	if err != nil {
		w.t.Fatal(err)
	}
	var s wire.Scanner
	text := s.Close(s.ScanRaw(nil, []byte(content)))
	if _, err := d.Write(text); err != nil {
		w.t.Fatal(err)
	}
	if err := d.Commit(context.Background(), spool.Shape{Octets: s.Shape().Octets, Header: s.Shape().Header}); err != nil {
		w.t.Fatal(err)
	}
	w.queue.Wake()
	return id
}

// left returns how many recipients the spool still holds.
func (w *world) left() int {
	w.t.Helper()
	v, err := w.spool.View(Key)
	if err != nil {
		w.t.Fatal(err)
	}
	defer v.Close()
	return v.Len()
}

// pass lets time go by. What the test has read so far is read before what happens meanwhile: the
// lock states that for the race detector, because a sleep orders nothing.
func (w *world) pass(d time.Duration) {
	w.say(func() {})
	time.Sleep(d)
	synctest.Wait()
}

// say changes what the server does from now on.
func (w *world) say(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// inWorld runs a test in a time of its own.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer func() { w.stop() }()
		test(t, w)
	})
}

func (w *world) want(what string, got, want int) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: %d, want %d", what, got, want)
	}
}
