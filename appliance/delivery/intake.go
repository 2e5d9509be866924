package delivery

import (
	"sync"

	"go.uber.org/zap"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
	"pillarbox/appliance/config"
	"pillarbox/appliance/mailbox"
	"pillarbox/spool"
)

// fullPercent of the capacity may be mail before the spool refuses more.
const fullPercent = 80

// Rules are what an Intake reads of the configuration in force.
type Rules struct {
	Config *config.Config
	Table  *accounts.Table
}

// Options are what an Intake is made of.
type Options struct {
	Spool    *spool.Spool
	Rules    func() Rules  // in force at the moment
	Largest  int64         // octets of the largest message
	Index    int64         // octets of memory that the index of the spool may take
	ReadOnly bool          // the spool is only read: no bin gives way
	Clients  *access.Table // of the senders; may be nil if there are none
	Log      *zap.Logger   // nil: no log
}

// An Intake takes messages into a spool. It may be used by several goroutines.
type Intake struct {
	o          Options
	unfinished *unfinished
	relieving  sync.Mutex // one goroutine at a time empties bins
}

// New returns the intake of a spool.
func New(o Options) *Intake {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	in := &Intake{o: o}
	in.unfinished = &unfinished{free: in.Free, most: o.Largest}
	return in
}

// Largest returns how many octets a message may have.
func (in *Intake) Largest() int64 { return in.o.Largest }

func (in *Intake) rules() Rules { return in.o.Rules() }

func (in *Intake) store() mailbox.Store { return mailbox.Store{Spool: in.o.Spool} }

// Free returns how many octets more the spool may hold if no message is unfinished.
func (in *Intake) Free() int64 {
	return in.o.Spool.Capacity()/100*fullPercent - in.o.Spool.Live()
}
