package appliance

import (
	"context"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/clock"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/mailbox"
	"pillarbox/appliance/retention"
	"pillarbox/appliance/statedir"
	"pillarbox/spool"
)

const (
	warnPercent  = 65 // of the capacity is live: new mail is refused at 80
	relaxPercent = 60 // below it the next warning is due again
)

// passEvery is how often expired messages are removed.
const passEvery = time.Hour

// A retainer removes messages whose time has come, and keeps the record of the clock. It belongs to
// the goroutine that watches.
type retainer struct {
	spool    *spool.Spool
	intake   *delivery.Intake
	clock    *clock.Clock
	rules    func() *rules
	state    string
	readOnly bool // nothing can be removed
	log      *zap.Logger

	keeper *clock.Keeper
	passed time.Duration // uptime of the last pass
	any    bool          // there was one
}

// retain is called every minute: it has the clock judged, empties bins when the spool fills up, and
// once an hour removes expired messages.
func (r *retainer) retain(ctx context.Context) {
	settled, up := r.clock.Settled(), r.clock.Uptime()
	trusted := r.clock.Interval() // read last: a pass that is due judges by a time that is no older
	in := r.rules()
	if r.readOnly {
		return
	}
	if percent := livePercent(r.spool); percent >= warnPercent { // before the warning
		r.intake.Relieve(ctx, func() int64 {
			st := r.spool.Stats()
			return st.Live - st.Capacity/100*relaxPercent
		})
	}
	r.intake.KeepRoom(ctx)
	if record, ok := r.clock.Record(); ok && mailbox.CountsDays(in.config) && r.keeper.Due(record, up) {
		r.saveClock(record, up)
	}
	if !settled || r.any && up-r.passed < passEvery {
		return
	}
	r.any, r.passed = true, up
	if err := retention.Pass(ctx, mailbox.Store{Spool: r.spool}, mailbox.Accounts(in.config, in.table), trusted, r.log); err != nil && ctx.Err() == nil {
		r.log.Error("removing expired messages failed", zap.Error(err))
	}
	r.log.Debug("looked for expired messages", zap.Time("since", trusted.Since))
}

// livePercent returns how much of the capacity is mail.
func livePercent(s *spool.Spool) int64 {
	st := s.Stats()
	return st.Live * 100 / st.Capacity
}

// end stores the record of the clock, if days are counted.
func (r *retainer) end() {
	if record, ok := r.clock.Record(); ok && mailbox.CountsDays(r.rules().config) {
		r.saveClock(record, r.clock.Uptime())
	}
}

func (r *retainer) saveClock(record clock.Record, up time.Duration) {
	r.keeper.Saved(record, up)
	if err := record.Save(filepath.Join(r.state, statedir.ClockFile)); err != nil {
		r.log.Error("storing the clock record failed: after the next start the days of retention and of remote accounts are counted again", zap.Error(err))
	}
}
