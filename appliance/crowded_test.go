package appliance

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pillarbox/appliance/admin"
	"pillarbox/appliance/config"
	"pillarbox/appliance/retention"
	"pillarbox/appliance/storage"
	"pillarbox/appliance/transfer"
	"pillarbox/spool"
)

// tiny delivers messages of two octets until one is refused, and returns how many were taken and
// the reply that refused.
func (b *box) tiny(to string) (taken int, refusal string) {
	b.t.Helper()
	c := b.dial("smtp.listen")
	defer c.Close()
	c.must("EHLO x")
	for ; taken < 2000; taken++ {
		for _, line := range []string{"MAIL FROM:<>", "RCPT TO:<" + to + ">", "BDAT 2 LAST\r\n"} {
			if got := c.say("%s", line); got[0] != '2' {
				return taken, got
			}
		}
	}
	b.t.Fatal("nothing was refused")
	return 0, ""
}

// TestTooManyMessages: a flood of messages of two octets to an alias of twenty ends in 452, and is
// said once. A start with the same memory serves them, and takes mail again when some are deleted.
func TestTooManyMessages(t *testing.T) {
	const memory = 64 << 10
	state := t.TempDir()
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprint("user", i))
	}
	family(t, state, names...)
	c := settings(state)
	c.Aliases = map[string][]string{"all": names}
	c.Service.Memory = memory
	b := start(t, c, Options{LookEvery: time.Millisecond})
	taken, refusal := b.tiny("all")
	if !strings.HasPrefix(refusal, "452 4.3.1") || taken == 0 || taken > int(storage.IndexBytes(c))/(20*20) {
		t.Errorf("after %d messages to twenty: %s", taken, refusal)
	}
	if single, refusal := b.tiny("user0"); !strings.HasPrefix(refusal, "452 4.3.1") {
		t.Errorf("after %d more to one: %s", single, refusal)
	}
	const said = "too many messages for this memory: new mail is refused: delete mail, or raise service.memory"
	if got := b.degraded(); !slices.Contains(got, said) {
		t.Errorf("degraded: %q", got)
	}
	b.await(said, 1)
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}

	b = start(t, c, Options{})
	if n := b.log.FilterMessage(said).Len(); n != 1 {
		t.Errorf("said %d times", n)
	}
	client := b.ask()
	defer client.Close()
	if stat, err := client.Stat(); err != nil || stat.Crowded != 1 || stat.Index == 0 || stat.Messages < int64(20*taken) {
		t.Errorf("spool stat: %+v, %v", stat, err)
	}
	if _, refusal := b.tiny("user1"); !strings.HasPrefix(refusal, "452 4.3.1") {
		t.Errorf("after a restart: %s", refusal)
	}
	for _, name := range names[:10] {
		s := b.login("pop3.listen", name)
		s.retrieve(1)
		for n := 1; n <= taken; n++ {
			s.must(fmt.Sprint("DELE ", n))
		}
		s.must("QUIT")
	}
	if again, _ := b.tiny("all"); again == 0 {
		t.Error("half of it is deleted, and no mail is taken")
	}
}

// TestMailboxShareOfTheIndex: one mailbox that is flooded leaves memory to the others.
func TestMailboxShareOfTheIndex(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna", "otto")
	c := settings(state)
	c.Service.Memory = 64 << 10
	b := start(t, c, Options{})
	taken, refusal := b.tiny("anna")
	if !strings.HasPrefix(refusal, "452 4.2.2") || taken < 300 {
		t.Errorf("after %d messages: %s", taken, refusal)
	}
	b.deliver("smtp.listen", letter("to otto\r\n"), "otto")
}

// marks gives labels to message 1 of a mailbox until that fails, at most n, and returns how many
// were given.
func (b *box) marks(key spool.Key, n int) (given int, err error) {
	v, err := b.spool.View(key)
	if err != nil {
		b.t.Fatal(err)
	}
	defer v.Close()
	for ; given < n && err == nil; given++ {
		err = v.Update(b.t.Context(), spool.Change{Marks: []spool.Mark{
			{Label: fmt.Sprint(retention.DeviceLabel, "device", given), Day: 1, Messages: slices.Values([]int{1})}}})
	}
	return given, err
}

// TestDevicesAreBounded: forty devices that a mailbox has already keep their views, and there is
// none for another one.
func TestDevicesAreBounded(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	b := start(t, settings(state), Options{})
	b.deliver("smtp.listen", letter("one\r\n"), "anna")
	b.deliver("smtp.listen", letter("two\r\n"), "anna")
	key := b.spool.Mailboxes()[0].Key
	if n, err := b.marks(key, 40); n != 40 || err != nil {
		t.Fatal(n, err)
	}
	for _, device := range []string{"device0", "device39"} {
		s := b.dial("pop3.listen")
		s.must("USER anna+"+device, "PASS anna")
		if got := s.say("STAT"); !strings.HasPrefix(got, "+OK 1 ") {
			t.Errorf("%s: %s", device, got)
		}
		s.must("DELE 1", "QUIT")
	}
	s := b.dial("pop3.listen")
	s.must("USER anna+another")
	if got := s.say("PASS anna"); !strings.HasPrefix(got, "-ERR [SYS/TEMP]") {
		t.Errorf("the device after forty: %s", got)
	}
	b.sees(map[string]int{"anna": 2})
}

// TestDeleteWithoutMemoryForTheBin: when there is no memory for labels, what would go into the bin
// is removed.
func TestDeleteWithoutMemoryForTheBin(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.Service.Memory = 4 << 10
	c.Retention = config.Retention{Keeping: config.Keeping{BinDays: 30, MailboxShare: 100}}
	b := start(t, c, Options{})
	b.deliver("smtp.listen", letter("one\r\n"), "anna")
	b.deliver("smtp.listen", letter("two\r\n"), "anna")
	if n, err := b.marks(b.spool.Mailboxes()[0].Key, 1000); !errors.Is(err, spool.ErrFull) {
		t.Fatal(n, err)
	}
	b.login("pop3.listen", "anna").must("DELE 1", "QUIT")
	b.sees(map[string]int{"anna": 1})
	if n := b.spool.Stats().Messages; n != 1 {
		t.Errorf("%d messages are kept, want 1", n)
	}
}

// TestImportIsBounded: what an import brings counts, with its unique-ids, also where no server
// runs.
func TestImportIsBounded(t *testing.T) {
	state := t.TempDir()
	family(t, state, "anna")
	c := settings(state)
	c.Service.Memory, c.Retention.MailboxShare = 16<<10, 100
	client, err := admin.Ask(t.Context(), c, true)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	o, err := client.Import("anna", func(yield func(transfer.Message, error) bool) {
		for i := range 1000 {
			open := func() (transfer.Origin, io.ReadCloser, error) {
				return transfer.Origin{}, io.NopCloser(strings.NewReader(letter("hi\r\n"))), nil
			}
			if !yield(transfer.Message{UID: fmt.Sprintf("unique-id-%020d", i), Open: open}, nil) {
				return
			}
		}
	}, func(admin.Outcome) {})
	// A share of all of it ends, but for the rounding, where the memory ends.
	if err == nil || !strings.Contains(err.Error(), "the mailbox holds its share") &&
		!strings.Contains(err.Error(), "too many messages for this memory") {
		t.Errorf("after %+v: %v", o, err)
	}
	if o.Kept == 0 || o.Kept > int(storage.IndexBytes(c))/(16+4) {
		t.Errorf("%+v", o)
	}
}
