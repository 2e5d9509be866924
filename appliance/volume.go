package appliance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/appliance/logbook"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

const (
	mostByItself = 1 << 30 // the capacity that is taken when none is written, at most
	leastSlots   = 8
	mailsAtLeast = 2 // the largest mail fits in twice
)

// A remaker makes another volume of the one that the spool lies on.
type remaker = func(flash.Volume) flash.Volume

// openSpool opens the spool in the state folder, or makes it.
func (a *Appliance) openSpool(ctx context.Context, c *config.Config) (*spool.Spool, error) {
	return openSpool(ctx, c, a.now, a.log, func(o *spool.Options) {
		o.Step = func() { a.guard.steps.Add(1) }
		o.ReadOnly = a.guard.reading
		if a.opts.volume != nil {
			o.Volume = a.opts.volume(o.Volume)
		}
	})
}

// openSpool opens the spool as a configuration says, and as tune, which may be nil, says beside it.
func openSpool(ctx context.Context, c *config.Config, now func() time.Time, log *logbook.Logger, tune func(*spool.Options)) (*spool.Spool, error) {
	dir := filepath.Join(c.State, spoolFolder)
	volume, err := flash.Open(dir, flash.Options{})
	if errors.Is(err, flash.ErrLocked) {
		return nil, fmt.Errorf("another pillarbox runs on the state folder %s: stop it, or set state to another folder: %w", c.State, err)
	}
	if err != nil {
		return nil, volumeError(dir, err)
	}
	if err := judge(c, volume.Profile(), log); err != nil {
		return nil, errors.Join(err, volume.Close())
	}
	capacity, err := capacityOf(c, volume, usedBytes(dir))
	if err != nil {
		return nil, errors.Join(err, volume.Close())
	}
	given, err := giveToOwner(volume, c.State)
	if err != nil {
		return nil, errors.Join(err, volume.Close())
	}
	o := spool.Options{
		Volume:       given,
		Capacity:     capacity,
		SlotSize:     int64(c.Spool.SlotFor(capacity)),
		MaxMessage:   int64(c.SMTP.MaxMessage),
		MailboxShare: 100, // what one mailbox may hold is looked at before, account by account
		CopyTime:     copyTime,
		Now:          now,
	}
	if tune != nil {
		tune(&o)
	}
	s, err := spool.Open(ctx, o) // which has closed the volume when it fails
	if err != nil {
		return nil, volumeError(dir, err)
	}
	st := s.Stats()
	log.Info("spool opened", logbook.String("folder", dir), logbook.Stringer("mode", st.Mode), logbook.Stringer("capacity", config.Size(capacity)),
		logbook.Int("mailboxes", st.Mailboxes), logbook.Int("messages", st.Messages))
	if st.Torn {
		log.Warn("the last batch before this start did not read: it was cut short, which loses nothing that was acknowledged, or is damaged")
	}
	return s, nil
}

// copyTime is how long a copy of the state folder may take while the box runs, when nobody told the box of it: mail that was moved meanwhile is in it all the
// same. What a household gets in a quarter of an hour takes no noticeable part of the room.
const copyTime = 15 * time.Minute

// judge says in the log what lies under the spool, and refuses what cannot keep a promise, unless the owner wants it so.
func judge(c *config.Config, p flash.Profile, log *logbook.Logger) error {
	if p.Volatile && !c.Spool.Volatile {
		return fmt.Errorf("mail in the state folder %s would not last: %s; set state to a folder on a disk or card of this machine, or spool.volatile = true if it may be lost",
			c.State, strings.Join(p.Warnings, "; "))
	}
	log.Info("file system", logbook.String("name", p.FileSystem), logbook.Stringer("mode", p.Mode))
	for _, warning := range p.Warnings {
		log.Warn("file system", logbook.String("warning", warning))
	}
	return nil
}

// capacityOf returns the capacity that is written, else the smaller of 1 GiB and half of the space that is
// free or already the spool's, but never less than a spool needs.
func capacityOf(c *config.Config, volume flash.Volume, used int64) (int64, error) {
	if c.Spool.Capacity != 0 {
		return int64(c.Spool.Capacity), nil
	}
	free, err := volume.Free()
	if err != nil {
		return 0, fmt.Errorf("how much space is free is not known: %w; set spool.capacity", err)
	}
	least := max(leastSlots*int64(c.Spool.SlotFor(free+used)), mailsAtLeast*int64(c.SMTP.MaxMessage))
	if used == 0 && free < least {
		return 0, fmt.Errorf("%v are free for the spool and it needs %v: make room, set state to a larger file system, or set smtp.max_message or spool.slot lower",
			config.Size(free), config.Size(least))
	}
	return max(least, min(mostByItself, (free+used)/2)), nil
}
