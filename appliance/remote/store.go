package remote

import (
	"context"
	"errors"
	"time"

	"pillarbox/appliance/remote/fingerprint"
)

// ErrRefused is the error of a Store for a message that it will never take. Another error ends the
// collection.
var ErrRefused = errors.New("the message is larger than what the mailbox may hold")

// A Store keeps messages with their ids.
type Store interface {
	// Count returns how many ids of an account there are.
	Count(account uint64) int
	// Has reports whether an id is there.
	Has(account uint64, id ID) bool
	// IDs returns all ids of an account.
	IDs(account uint64) []ID
	// Room returns an error if a message of that size cannot be kept now: ErrRefused if it never
	// can.
	Room(a *Account, octets int64) error
	// Begin begins a message. head is written in front of it, in wire form.
	Begin(ctx context.Context, a *Account, id ID, octets int64) (Delivery, error)
	// Commit makes messages durable, in their order. It returns how many.
	Commit(ctx context.Context, list []Delivery) (n int, err error)
	// Note keeps ids without messages, durably.
	Note(account uint64, ids []Noted) error
	// Fingerprints calls each with every id of an account, its fingerprint, and the day on which it
	// was kept.
	Fingerprints(ctx context.Context, account uint64, each func(id ID, sum fingerprint.Sum, day int)) error
	// Durable returns ids that wanted accepts, most of them at most, whose messages were just read
	// again and verify, or were expunged; with all of their fingerprints: a provider may have given
	// an id to two messages. wanted is called with the day on which a message became durable.
	Durable(ctx context.Context, a *Account, most int, wanted func(id ID, sum fingerprint.Sum, day int) bool) (map[ID][]fingerprint.Sum, error)
	// Forget removes ids whose messages are no longer at the provider.
	Forget(account uint64, gone func(ID) bool)
}

// A Delivery takes one message in wire form.
type Delivery interface {
	Write(p []byte) (int, error)
	// Done ends the content. It must be called before Commit.
	Done(octets, header int64, sum fingerprint.Sum)
	Abort()
}

// A Noted is an id without a message.
type Noted struct {
	ID  ID
	Sum fingerprint.Sum
}

// A Clock says what day it is.
type Clock interface {
	Now() time.Time
	// Today returns the day, since 1970; ok is false if the clock is not believed now.
	Today() (day int, ok bool)
	// Age returns how many whole days have certainly passed since something that happened on a day;
	// 0 if nothing is certain.
	Age(day int) int
}
