package appliance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/delivery"
	"pillarbox/appliance/durable"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
	"pillarbox/spool"
)

// An inspector logs faults of the spool, and notifies postmaster when it fills up. It belongs to
// the goroutine that watches.
type inspector struct {
	spool  *spool.Spool
	intake *delivery.Intake
	rules  func() *rules
	now    func() time.Time
	state  string
	log    *zap.Logger

	// As of the last inspection.
	faults, damaged int
	looked, warned  bool
	crowded         bool
}

// inspect logs what has changed in the spool since the last time. When it fills up, postmaster gets
// one message, because few people read the log of a server that works; a file in the state
// directory keeps that over restarts.
func (i *inspector) inspect(ctx context.Context) {
	st := i.spool.Stats()
	if st.Damaged > i.damaged {
		i.log.Error("stored messages are damaged; all others are served", zap.Int("records", st.Damaged-i.damaged))
	}
	if st.Faults > i.faults {
		i.log.Error("storage device of the spool failed", zap.Int("faults", st.Faults-i.faults), zap.Error(st.LastFault))
	}
	i.faults, i.damaged = st.Faults, st.Damaged
	if said := storage.Crowded(&st); said != "" && !i.crowded {
		i.log.Warn(said, zap.Int("messages", st.Messages), zap.Int64("index", st.Index))
	}
	i.crowded = st.Crowded
	percent := st.Live * 100 / st.Capacity
	switch {
	case percent < relaxPercent && (i.warned || !i.looked):
		i.warned = false
		if err := i.dropNotice(); err != nil {
			i.log.Warn("removing the mark of a notice failed: the next notice will not be sent", zap.Error(err))
		}
	case percent >= warnPercent && !i.warned:
		i.warned = true
		i.log.Warn("the spool is almost full", zap.Int64("percent", percent), zap.Stringer("used", config.Size(st.Live)), zap.Stringer("capacity", config.Size(st.Capacity)))
		if err := i.noticeOnce(ctx, percent, st.Capacity); err != nil {
			i.log.Error("notifying postmaster failed", zap.Error(err))
		}
	}
	i.looked = true
}

// noticeOnce notifies postmaster, unless a start before this one has. The mark follows the
// message: a power cut between the two makes a second notice, the other order could lose the only
// one.
func (i *inspector) noticeOnce(ctx context.Context, percent, capacity int64) error {
	path := filepath.Join(i.state, statedir.NoticeFile)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	err := i.tellPostmaster(ctx, "The mail store fills up", fmt.Sprintf(
		"%d%% of the %v for mail are in use; at 80%% new mail is refused.\r\n"+
			"Delete messages, let mail clients delete what they have downloaded,\r\n"+
			"or raise spool.capacity in the configuration.\r\n", percent, config.Size(capacity)))
	if err != nil {
		return err
	}
	return statedir.UnlessReadOnly(durable.Replace(path, []byte("The spool fills up; postmaster has a message about it.\n")))
}

// dropNotice removes the mark, so that the next time postmaster is notified again.
func (i *inspector) dropNotice() error {
	err := os.Remove(filepath.Join(i.state, statedir.NoticeFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return statedir.UnlessReadOnly(err)
}

// tellPostmaster delivers a notice of the server itself.
func (i *inspector) tellPostmaster(ctx context.Context, subject, body string) error {
	in := i.rules()
	names, err := in.routing.Route("postmaster", "")
	if err != nil {
		return err
	}
	return deliverNotice(ctx, i.intake, in.config, i.now(), names, notice{"postmaster", subject, body})
}
