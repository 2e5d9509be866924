package appliance

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var (
	stressSteps = flag.Int("stress.steps", 500, "how many steps TestStress takes")
	stressSeed  = flag.Uint64("stress.seed", 1, "what TestStress does follows from this number")
)

// A keepsake is what the oracle knows of one mail in one mailbox.
type keepsake struct {
	text    string
	uid     string          // "" until a session has shown it
	deleted bool            // for everybody
	hidden  map[string]bool // from these devices
}

// A visit is a session that is under way.
type visit struct {
	*client
	user, device string
	frozen       []*keepsake // what it must show, by number from 1 on
	marked       []bool
}

// An oracle knows what must be in each mailbox, whatever was done.
type oracle struct {
	t      *testing.T
	r      *rand.Rand
	b      *box
	state  string
	step   int
	mail   map[string][]*keepsake // by account, in the order of arrival
	uids   map[string]*keepsake   // all that were ever shown
	visits []*visit
}

// stressed are the accounts.
var stressed = []string{"anna", "otto"}

// deeds are what can happen, each as often as its weight says.
var deeds = []struct {
	weight int
	do     func(*oracle)
}{
	{20, (*oracle).deliver},
	{12, (*oracle).visit},
	{60, (*oracle).command},
	{8, (*oracle).leave},
	{1, (*oracle).reload},
	{1, (*oracle).restart},
}

// TestStress: random deliveries, sessions of several devices at once, deletes, reloads and
// restarts, held against an oracle. A unique-id that was shown stays with its mail and is never
// another's; every mail is there, in its order, octet for octet, until it is deleted. What it does
// follows from the seed alone.
func TestStress(t *testing.T) {
	o := &oracle{
		t: t, r: rand.New(rand.NewPCG(*stressSeed, 0)), state: t.TempDir(),
		mail: make(map[string][]*keepsake), uids: make(map[string]*keepsake),
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("step %d; again with -stress.seed=%d -stress.steps=%d", o.step, *stressSeed, o.step+1)
		}
	})
	family(t, o.state, stressed...)
	o.b = start(t, settings(o.state), Options{})
	total := 0
	for _, deed := range deeds {
		total += deed.weight
	}
	for o.step = range *stressSteps {
		at := o.r.IntN(total)
		for _, deed := range deeds {
			if at -= deed.weight; at < 0 {
				deed.do(o)
				break
			}
		}
	}
	o.restart()
}

// muchMail is how many octets the oracle lets live, of the 32 MiB that there are: the box has no
// reason to be full.
const muchMail = 8 << 20

// deliver sends a letter to one or both.
func (o *oracle) deliver() {
	if o.living() > muchMail {
		o.tidy()
	}
	size := o.r.IntN(2000)
	switch o.r.IntN(40) {
	case 0:
		size = 300 << 10
	case 1, 2, 3:
		size = o.r.IntN(40 << 10)
	}
	text := letter(fmt.Sprintf("step %d\r\n", o.step) + lines(size))
	if o.r.IntN(10) == 0 {
		text = letter("the same again\r\n.\r\n") // copies are told apart by their unique-ids
	}
	to := stressed[o.r.IntN(2):][:1]
	if o.r.IntN(4) == 0 {
		to = stressed
	}
	doors := []string{"smtp.listen", "smtp.listen_tls", "smtp.listen_lmtp"}
	o.b.deliver(doors[o.r.IntN(len(doors))], text, to...)
	for _, user := range to {
		o.mail[user] = append(o.mail[user], &keepsake{text: text, hidden: make(map[string]bool)})
	}
}

// living returns how many octets of mail are not deleted.
func (o *oracle) living() (octets int) {
	for _, mail := range o.mail {
		for _, k := range mail {
			if !k.deleted {
				octets += len(k.text)
			}
		}
	}
	return octets
}

// tidy deletes the older half of each mailbox.
func (o *oracle) tidy() {
	for _, user := range stressed {
		v := o.arrive(user, "", user)
		for i := range len(v.frozen) / 2 {
			o.mark(v, i)
			v.frozen[i].deleted = true
		}
		v.must("QUIT")
		v.Close()
	}
}

// visit opens a session in one of the views.
func (o *oracle) visit() {
	if len(o.visits) == 4 {
		o.leave()
	}
	user, device := stressed[o.r.IntN(2)], ""
	login := user
	if o.r.IntN(2) == 0 {
		device = []string{"phone", "pad"}[o.r.IntN(2)]
		login += "+" + device
	}
	if o.r.IntN(3) == 0 {
		login = "recent:" + login // all mail is
	}
	o.visits = append(o.visits, o.arrive(user, device, login))
}

// arrive logs in and looks at the whole listing.
func (o *oracle) arrive(user, device, login string) *visit {
	o.t.Helper()
	v := &visit{client: o.b.dial([]string{"pop3.listen", "pop3.listen_tls"}[o.r.IntN(2)]), user: user, device: device}
	v.must("USER "+login, "PASS "+user)
	for _, k := range o.mail[user] {
		if !k.deleted && !k.hidden[device] {
			v.frozen = append(v.frozen, k)
		}
	}
	v.marked = make([]bool, len(v.frozen))
	o.listing(v)
	return v
}

// listing compares UIDL with what must be there.
func (o *oracle) listing(v *visit) {
	o.t.Helper()
	v.must("UIDL")
	shown := strings.Split(strings.TrimSuffix(v.block(), "\r\n"), "\r\n")
	if shown[0] == "" {
		shown = nil
	}
	var want []int
	for i, marked := range v.marked {
		if !marked {
			want = append(want, i)
		}
	}
	if len(shown) != len(want) {
		o.t.Fatalf("%s+%s is shown %d messages, want %d", v.user, v.device, len(shown), len(want))
	}
	for i, line := range shown {
		n, uid, _ := strings.Cut(line, " ")
		k := v.frozen[want[i]]
		if n != fmt.Sprint(want[i]+1) || k.uid != "" && k.uid != uid {
			o.t.Fatalf("line %d of the listing is %q, want %d %s", i+1, line, want[i]+1, k.uid)
		}
		if known := o.uids[uid]; known != nil && known != k {
			o.t.Fatalf("the unique-id %s was that of another mail", uid)
		}
		k.uid, o.uids[uid] = uid, k
	}
}

// command says something in one of the sessions.
func (o *oracle) command() {
	if len(o.visits) == 0 {
		return
	}
	v := o.visits[o.r.IntN(len(o.visits))]
	if len(v.frozen) == 0 {
		v.must("NOOP")
		return
	}
	i := o.r.IntN(len(v.frozen))
	switch o.r.IntN(6) {
	case 0, 1:
		o.retrieve(v, i)
	case 2:
		o.mark(v, i)
	case 3:
		if o.r.IntN(4) == 0 {
			v.must("RSET")
			clear(v.marked)
		}
	case 4:
		o.listing(v)
	case 5:
		answer := v.say("UIDL %d", i+1)
		if want := fmt.Sprintf("+OK %d %s", i+1, v.frozen[i].uid); !v.marked[i] && answer != want || v.marked[i] && !strings.HasPrefix(answer, "-ERR") {
			o.t.Fatalf("UIDL %d was answered %q, want %q or, if marked, -ERR", i+1, answer, want)
		}
	}
}

// retrieve compares a mail. What another session has deleted meanwhile may be refused.
func (o *oracle) retrieve(v *visit, i int) {
	o.t.Helper()
	k := v.frozen[i]
	if answer := v.say("RETR %d", i+1); !strings.HasPrefix(answer, "+OK") {
		if !v.marked[i] && !k.deleted {
			o.t.Fatalf("RETR %d was answered %q", i+1, answer)
		}
		return
	}
	_, got, _ := strings.Cut(v.block(), "X-Begin: here\r\n")
	if want := strings.TrimPrefix(k.text, "X-Begin: here\r\n"); got != want || v.marked[i] {
		o.t.Fatalf("RETR %d (marked: %v): got %d octets, want %d: %.80q", i+1, v.marked[i], len(got), len(want), got)
	}
}

func (o *oracle) mark(v *visit, i int) {
	o.t.Helper()
	if answer := v.say("DELE %d", i+1); strings.HasPrefix(answer, "+OK") == v.marked[i] {
		o.t.Fatalf("DELE %d (marked: %v) was answered %q", i+1, v.marked[i], answer)
	}
	v.marked[i] = true
}

// leave ends a session, by QUIT or without.
func (o *oracle) leave() {
	if len(o.visits) == 0 {
		return
	}
	i := o.r.IntN(len(o.visits))
	v := o.visits[i]
	o.visits = slices.Delete(o.visits, i, i+1)
	if o.r.IntN(3) > 0 {
		v.must("QUIT")
		for i, marked := range v.marked {
			if marked && v.device == "" {
				v.frozen[i].deleted = true
			} else if marked {
				v.frozen[i].hidden[v.device] = true
			}
		}
	}
	v.Close()
}

func (o *oracle) reload() {
	if err := o.b.Reload(); err != nil {
		o.t.Fatal(err)
	}
}

// restart cuts every session off, starts the box again, and reads everything.
func (o *oracle) restart() {
	o.t.Helper()
	for _, v := range o.visits {
		v.Close()
	}
	o.visits = nil
	if err := o.b.stop(); err != nil {
		o.t.Fatal(err)
	}
	o.b = start(o.t, settings(o.state), Options{})
	for _, user := range stressed {
		v := o.arrive(user, "", user)
		for i := range v.frozen {
			o.retrieve(v, i)
		}
		v.must("QUIT")
	}
}

// block reads the rest of a multi-line reply, without byte-stuffing.
func (c *client) block() string {
	c.t.Helper()
	var text strings.Builder
	for {
		line, err := c.R.ReadString('\n')
		if err != nil {
			c.t.Fatal(err)
		}
		if line == ".\r\n" {
			return text.String()
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
}
