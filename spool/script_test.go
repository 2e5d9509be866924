package spool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"pillarbox/spool/flash"
	"pillarbox/spool/flash/flashtest"
	"pillarbox/spool/slots"
)

// A script is a story of a spool, a line for each thing that happens, and what is seen of it:
//
//	deliver 1,2 lunch 300     a message "lunch" of 300 bytes for mailboxes 1 and 2
//	expunge 1 lunch           removes messages of mailbox 1; "expunge 1" removes all
//	label 1 seen lunch        gives messages of mailbox 1 a label
//	move 1                    moves the oldest message of mailbox 1 to the cold log
//	seal, retire, maintain, compact, hold, release, open
//	fail +2 EIO, heal         the second operation from now on fails; nothing fails any more
//	cut, cut +2               the power is cut now, or in the second operation from now on
//	outcomes                  goes on with every device that may come back from such a cut
//	list 1, marks 1 seen, damaged, retired, did
//
// Behind "→" is what the line returns: ok without one, an error by its short name, or what was
// asked for; "a | b" is either of them. After a cut the rest of the script is run on every device
// that may come back; open is another process that finds what a killed one has left.
type script struct {
	t     *testing.T
	mode  flash.Mode
	dev   *flashtest.Device
	s     *Spool
	hold  *Hold
	stats flashtest.Stats
	opens uint64
	title string // what the power cut has left
}

// scriptNames are short names of errors.
var scriptNames = []struct {
	name string
	err  error
}{
	{"cut", flashtest.ErrPowerCut}, {"full", ErrFull}, {"fault", ErrFault}, {"hurried", ErrHurried}, {"held", slots.ErrHeld},
}

// runScript runs a script in both modes.
func runScript(t *testing.T, text string) {
	t.Helper()
	for _, mode := range []flash.Mode{flash.Recycle, flash.Append} {
		sc := &script{t: t, mode: mode, dev: flashtest.New(flashtest.Options{Mode: mode})}
		sc.open()
		sc.run(strings.Split(strings.TrimSpace(text), "\n"))
	}
}

// open opens the spool with random numbers of its own.
func (sc *script) open() {
	sc.t.Helper()
	sc.opens++
	opt := options(sc.dev)
	opt.Rand = newSeeded(sc.opens)
	s, err := Open(context.Background(), opt)
	if err != nil {
		sc.t.Fatalf("%v %s: open: %v", sc.mode, sc.title, err)
	}
	sc.s, sc.stats = s, sc.dev.Stats()
}

// run runs lines. After a cut the rest is run once for each device that may come back.
func (sc *script) run(lines []string) {
	sc.t.Helper()
	for i, line := range lines {
		line, want, asked := strings.Cut(strings.TrimSpace(line), "→")
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if words[0] == "cut" && len(words) == 1 {
			sc.dev.Cut()
		}
		if words[0] == "outcomes" || words[0] == "cut" && len(words) == 1 {
			sc.onEvery(lines[i+1:])
			return
		}
		got := sc.do(words[0], words[1:])
		if !asked {
			want = "ok"
		}
		if !slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool { return strings.TrimSpace(w) == got }) {
			sc.t.Errorf("%v, line %d: %s→ %s, want %s (%s)", sc.mode, i+1, line, got, strings.TrimSpace(want), sc.title)
			return
		}
	}
}

// onEvery runs lines on every device that may come back.
func (sc *script) onEvery(lines []string) {
	sc.t.Helper()
	n := 0
	for title, after := range outcomes(sc.dev, 1, 24) {
		n++
		again := &script{t: sc.t, mode: sc.mode, dev: after, opens: sc.opens + uint64(n), title: title}
		again.open()
		again.run(lines)
		recount(sc.t, again.s)
		if sc.t.Failed() {
			return
		}
	}
	if n == 0 {
		sc.t.Error("no device comes back")
	}
}

// answer is ok, or the short name of an error.
func answer(err error) string {
	if err == nil {
		return "ok"
	}
	for _, known := range scriptNames {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return err.Error()
}

// do does one thing, and returns what is seen of it.
func (sc *script) do(verb string, args []string) string {
	ctx := context.Background()
	switch verb {
	case "deliver":
		size, _ := strconv.Atoi(args[2])
		return answer(deliver(sc.s, mail(args[1], size), keys(args[0])...))
	case "expunge":
		return answer(expungeAll(sc.s, keys(args[0])[0], func(n int) bool {
			return len(args) > 1 && !slices.Contains(args[1:], sc.names(keys(args[0])[0])[n-1])
		}))
	case "label":
		return answer(sc.label(keys(args[0])[0], args[1], args[2:]))
	case "move":
		return answer(moves(keys(args[0])[0]).do(sc.s))
	case "seal":
		return answer(sealHot(sc.s))
	case "retire":
		return answer(sc.s.log.Commit())
	case "maintain":
		return answer(sc.s.Maintain(ctx))
	case "compact":
		return answer(sc.s.Compact(ctx, nil))
	case "hold":
		sc.hold = sc.s.Hold()
		return "ok"
	case "release":
		return answer(sc.hold.Release())
	case "open":
		sc.dev = sc.dev.Clone()
		sc.open()
		return "ok"
	case "fail":
		n, _ := strconv.Atoi(args[0])
		sc.dev.FailAt(sc.dev.Ops()+n, map[string]error{"EIO": syscall.EIO, "ENOSPC": syscall.ENOSPC}[args[1]])
		return "ok"
	case "heal":
		sc.dev.Heal()
		return "ok"
	case "cut":
		n, _ := strconv.Atoi(args[0])
		sc.dev.CutAt(sc.dev.Ops() + n)
		return "ok"
	case "list":
		return strings.Join(sc.names(keys(args[0])[0]), " ")
	case "marks":
		return sc.marks(keys(args[0])[0], args[1])
	case "damaged":
		return fmt.Sprint(sc.s.Stats().Damaged)
	case "retired":
		return fmt.Sprint(sc.s.log.Reclaimed())
	case "did":
		did := sc.dev.Stats().Sub(sc.stats)
		sc.stats = sc.dev.Stats()
		return fmt.Sprintf("%d writes %d flushes %d files", did.Writes, did.Syncs, did.Creates+did.Removes)
	}
	panic("no such verb: " + verb)
}

// keys reads mailboxes, separated by commas.
func keys(text string) (list []Key) {
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			panic(err)
		}
		list = append(list, Key(n))
	}
	return list
}

// names returns the messages of a mailbox, by their subjects, each of which must be whole.
func (sc *script) names(key Key) (list []string) {
	v, err := sc.s.View(key)
	if err != nil {
		return []string{answer(err)}
	}
	defer v.Close()
	for n := 1; n <= v.Len(); n++ {
		body, _, err := readMessage(v, n)
		if err != nil {
			list = append(list, answer(err))
			continue
		}
		_, rest, _ := strings.Cut(body, "Subject: ")
		name, _, _ := strings.Cut(rest, "\r\n")
		if !strings.HasPrefix(body, own(key, "Subject: "+name+"\r\n\r\n")) || !strings.HasSuffix(body, "\r\n.\r\n") {
			name += "(damaged)"
		}
		list = append(list, name)
	}
	return list
}

// label gives messages a label.
func (sc *script) label(key Key, label string, names []string) error {
	v, err := sc.s.View(key)
	if err != nil {
		return err
	}
	defer v.Close()
	var numbers []int
	for n, name := range sc.names(key) {
		if slices.Contains(names, name) {
			numbers = append(numbers, n+1)
		}
	}
	return v.Update(context.Background(), Change{Marks: []Mark{{label, 9, only(numbers...)}}})
}

// marks returns the messages that have a label.
func (sc *script) marks(key Key, label string) string {
	names := sc.names(key)
	var list []string
	for i, day := range marked(sc.t, sc.s, key, label) {
		if day > 0 {
			list = append(list, names[i])
		}
	}
	return strings.Join(list, " ")
}
