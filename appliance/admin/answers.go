package admin

import (
	"strconv"
	"time"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/outbound"
	"pillarbox/spool"
)

// Stat is the state of a spool.
type Stat struct {
	Capacity, SlotSize int64 // bytes
	// Free are the slots that new mail could have, including those that are not made yet.
	Slots, Sealed, Free int64
	Messages            int64
	// Bytes of the device: live mail, and everything else in slots in use.
	Live, Dead int64
	// Bytes written since the spool was made: mail, mail that the cleaner moved, everything else.
	In, Copied, Padded int64
	Flushes            int64 // since then
	Hidden             int64 // messages beside those, for which there is no memory, about
	Index              int64 // bytes of memory of the index
	Crowded            int64 // 0 or 1: it takes too much, and new mail is refused
	// Since the start: records that did not verify, and writes and flushes that failed.
	Damaged, Faults         int64
	Torn, ReadOnly, Running int64 // 0 or 1; Running: a server answered, not the files
	NoFormat                int64 // 0 or 1: FORMAT was missing or damaged at the start
	Mode, LastFault         string
	Accounts, Orphans       []Mailbox
}

// A Mailbox is what one mailbox holds.
type Mailbox struct {
	// Name is that of the account; of an orphan, its key in hexadecimal digits.
	Name     string
	Messages int64
	Octets   int64 // as listed
}

// Value is one figure of a Stat and its name.
type Value struct {
	Name   string
	Number *int64
	Text   *string // when Number is nil
	Flag   bool    // the number is 0 for false, 1 for true
}

// Values is the table of the figures, in their order.
func (s *Stat) Values() []Value {
	number := func(name string, n *int64) Value { return Value{name, n, nil, false} }
	return []Value{
		number("capacity", &s.Capacity),
		number("slot_size", &s.SlotSize),
		number("slots", &s.Slots),
		number("sealed_slots", &s.Sealed),
		number("free_slots", &s.Free),
		number("messages", &s.Messages),
		number("live_bytes", &s.Live),
		number("dead_bytes", &s.Dead),
		number("in_bytes", &s.In),
		number("copied_bytes", &s.Copied),
		number("padded_bytes", &s.Padded),
		number("flushes", &s.Flushes),
		number("hidden_messages", &s.Hidden),
		number("index_bytes", &s.Index),
		{"crowded", &s.Crowded, nil, true},
		number("damaged", &s.Damaged),
		number("faults", &s.Faults),
		{"torn", &s.Torn, nil, true},
		{"read_only", &s.ReadOnly, nil, true},
		{"format_lost", &s.NoFormat, nil, true},
		{"running", &s.Running, nil, true},
		{"mode", nil, &s.Mode, false},
		{"last_fault", nil, &s.LastFault, false},
	}
}

// Written returns the bytes that the spool has given to its device.
func (s *Stat) Written() int64 { return s.In + s.Copied + s.Padded }

// Amplification returns the bytes written for each byte of mail; 0 without any.
func (s *Stat) Amplification() float64 {
	if s.In == 0 {
		return 0
	}
	return float64(s.Written()) / float64(s.In)
}

// nandPage is what most cards program at least, in bytes, whatever is written.
const nandPage = 32 << 10

// NAND estimates the bytes that the flash behind the device has programmed: as if every flush had
// closed pages of 32 KiB, all of the same share. What a card adds by moving its own blocks nobody
// can see.
func (s *Stat) NAND() int64 {
	if s.Flushes == 0 {
		return 0
	}
	share := (s.Written() + s.Flushes - 1) / s.Flushes
	return s.Flushes * ((share + nandPage - 1) / nandPage * nandPage)
}

// gather fills a Stat.
func gather(from *spool.Spool, table *accounts.Table, running bool) *Stat {
	st := from.Stats()
	s := &Stat{
		Capacity: st.Capacity, SlotSize: st.SlotSize,
		Slots: int64(st.Slots), Sealed: int64(st.Sealed), Free: int64(st.FreeSlots),
		Messages: int64(st.Messages), Live: st.Live, Dead: st.Dead,
		In: int64(st.Lifetime.In), Copied: int64(st.Lifetime.Copied), Padded: int64(st.Lifetime.Padded), Flushes: int64(st.Lifetime.Flushes),
		Hidden: int64(st.Hidden), Index: st.Index, Crowded: bit(st.Crowded),
		Damaged: int64(st.Damaged), Faults: int64(st.Faults),
		Torn: bit(st.Torn), ReadOnly: bit(st.ReadOnly), Running: bit(running), NoFormat: bit(st.NoFormat),
		Mode: st.Mode.String(),
	}
	if st.LastFault != nil {
		s.LastFault = st.LastFault.Error()
	}
	held := map[spool.Key]spool.MailboxStats{}
	boxes := from.Mailboxes()
	for _, box := range boxes {
		held[box.Key] = box
	}
	owned := map[spool.Key]bool{}
	for _, account := range table.Accounts() {
		key := spool.Key(account.Mailbox)
		owned[key] = true
		s.Accounts = append(s.Accounts, Mailbox{account.Name, int64(held[key].Messages), held[key].Octets})
	}
	for _, box := range boxes {
		if !owned[box.Key] {
			if box.Key == outbound.Key {
				continue // pillarbox queue list shows it
			}
			s.Orphans = append(s.Orphans, Mailbox{keyText(box.Key), int64(box.Messages), box.Octets})
		}
	}
	return s
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// keyText writes a mailbox key as the accounts file does.
func keyText(key spool.Key) string {
	digits := strconv.FormatUint(uint64(key), 16)
	const zeros = "0000000000000000"
	return zeros[len(digits):] + digits
}

// parseKey undoes keyText.
func parseKey(s string) (spool.Key, bool) {
	key, err := strconv.ParseUint(s, 16, 64)
	return spool.Key(key), err == nil && len(s) == 16 && key != 0
}

// Health is the result of the health checks of a running server.
type Health struct {
	Well    bool          // all checks pass
	Device  string        // the watchdog that is fed; "none"
	Timeout time.Duration // of the device; 0: there is none
	Fed     time.Duration // how long ago
	Late    time.Duration // the latest feed since the start
	Up      time.Duration // since the start
	// Last is why the server, or the machine, was restarted before; "" if it was not.
	Last     string
	Degraded []string // what works less well, and is no reason to start again
	// Unreachable are the listeners that no client can reach. To start again would change nothing.
	Unreachable []string
	Checks      []CheckResult
}

// A CheckResult is the state of one health check.
type CheckResult struct {
	Name  string
	Holds bool
	Since time.Duration // how long it has passed without a break; 0 if it does not pass
	Age   time.Duration // of the last pass
	Took  time.Duration
	Fault string
}

// figures are the times and texts of a Health, by the names that they have in the stream and in
// JSON.
func (h *Health) figures() []figure {
	return []figure{
		{"device", nil, &h.Device},
		{"timeout", &h.Timeout, nil},
		{"fed", &h.Fed, nil},
		{"late", &h.Late, nil},
		{"up", &h.Up, nil},
		{"last", nil, &h.Last},
	}
}

type figure struct {
	name string
	time *time.Duration // nil for a text
	text *string
}

// A Setup is what a mail client needs to know of a server. No password is in it.
type Setup struct {
	Running     bool     // a server answered; otherwise the files were read
	Hostname    string   // of the server
	Domain      string   // of the addresses of its accounts
	Servers     []string // addresses and names under which clients reach it
	Fingerprint string   // SHA-256 of the certificate; "" before the first start
	// FirstLogin is the file with the first password; "" once its account has logged in.
	FirstLogin string
	Senders    []string // addresses that send to other servers, through a remote account
	Listeners  []listen.Address
}
