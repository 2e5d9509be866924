package delivery

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"pillarbox/appliance/accounts"
	"pillarbox/appliance/retention"
)

const (
	// relieveStep is how many octets of the bins give way at once, at least.
	relieveStep = 256 << 10
)

// Room reports whether the spool can take a message whose recipients are not known yet. Bins count
// as free, and are left as they are; so do unfinished messages that have to give way to this one
// when it arrives. It returns ErrFull, ErrTooLarge, ErrReadOnly, ErrWasteful or nil.
func (in *Intake) Room(m Message) error {
	if m.Sender != nil && in.o.Clients.Exhausted(m.Sender.Client) {
		return ErrWasteful
	}
	return in.room(m.Size, in.standing(m))
}

// room reports whether the spool can take a message of that many octets from a client of a
// standing; 0 stands for any message at all.
func (in *Intake) room(octets int64, of standing) error {
	err := in.o.Spool.Room(octets)
	if !errors.Is(err, ErrFull) || in.o.Spool.Stats().Crowded { // no bin makes memory for the index
		return err
	}
	yielding, all := in.unfinished.octets(of)
	bins := in.binned(in.bins())
	if yielding+bins > 0 && max(octets, 1) <= in.Free()+bins-(all-yielding) {
		return nil
	}
	return err
}

// Unfinished returns how many octets unfinished messages hold: those of strangers, and all.
func (in *Intake) Unfinished() (strangers, all int64) { return in.unfinished.octets(stranger) }

// hasRoom reports whether octets more find room beside all that is in the spool.
func (in *Intake) hasRoom(octets int64) bool {
	return !errors.Is(in.o.Spool.Room(octets), ErrFull)
}

// makeRoom makes room for a message that has arrived whole, before it is committed. Unfinished
// messages of strangers give way if the spool has no room. The bin of each recipient gives way by
// what its mailbox lacks, and the bins of all by what the spool lacks, see KeepRoom.
func (in *Intake) makeRoom(ctx context.Context, message *arrival, to []accounts.Account, octets int64) {
	// Usually there is enough room, and nothing has to be removed.
	roomy := in.hasRoom(in.o.Largest) && octets+in.o.Largest <= in.Free()
	if !roomy {
		in.unfinished.makeWay(message, func() bool { return in.hasRoom(0) })
	}
	for _, account := range to {
		limits := in.limits(account)
		if octets > limits.Octets {
			continue // an empty bin would not suffice
		}
		in.relieve(ctx, in.binOf(account), func() int64 { return in.over(account, octets, limits) })
	}
	if !roomy {
		in.keepRoom(ctx, octets)
	}
}

// KeepRoom makes bins give way until one message of the largest size can arrive. So what arrives
// finds room without a look at the bin, which is left alone until it has arrived whole. It is
// called when the spool has more mail, or a bin has, never for what is only announced or on its
// way.
func (in *Intake) KeepRoom(ctx context.Context) { in.keepRoom(ctx, 0) }

// keepRoom is KeepRoom behind octets of a message that is about to be committed. What is missing is
// rounded up to relieveStep, so that small messages do not cost a flush more each.
func (in *Intake) keepRoom(ctx context.Context, octets int64) {
	if in.o.ReadOnly {
		return
	}
	most, st := in.o.Largest, in.o.Spool.Stats()
	in.relieve(ctx, in.bins(), func() int64 {
		if over := octets + most - in.Free(); over > 0 {
			return max(over, relieveStep)
		}
		// Mail that is expunged leaves room only where it fills most of a slot, so that octets are
		// not all that counts. What others have not finished can give way, and so is no reason to
		// empty a bin. If nothing helps, the file system is full, and the rest of the bin stays.
		_, unfinished := in.unfinished.octets(stranger)
		gone := st.Live - in.o.Spool.Stats().Live
		if gone > most+st.SlotSize || in.hasRoom(max(octets+most-unfinished, 0)) {
			return 0
		}
		return st.SlotSize
	})
}

// Relieve expunges messages from the bins of all accounts, the oldest first, while missing returns
// more than zero octets.
func (in *Intake) Relieve(ctx context.Context, missing func() int64) {
	in.relieve(ctx, in.bins(), missing)
}

// relieve expunges messages from the bins of accounts while missing returns more than zero octets.
// One goroutine at a time does it.
func (in *Intake) relieve(ctx context.Context, of []retention.Account, missing func() int64) {
	if missing() <= 0 {
		return
	}
	in.relieving.Lock()
	defer in.relieving.Unlock()
	if in.o.Spool.Stats().Crowded {
		return // mail is refused for lack of memory anyway, and what a bin frees is for hidden messages
	}
	if err := retention.Relieve(ctx, in.store(), of, missing, in.o.Log); err != nil && ctx.Err() == nil {
		in.o.Log.Error("emptying the bin failed", zap.Error(err))
	}
}

// standing returns how well the sender of a message is known.
func (in *Intake) standing(m Message) standing {
	switch {
	case m.Sender == nil, m.Sender.LoggedIn:
		return loggedIn
	case in.o.Clients.Known(m.Sender.Client):
		return known
	}
	return stranger
}
