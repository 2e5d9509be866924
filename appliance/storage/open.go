package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
	"pillarbox/spool"
	"pillarbox/spool/flash"
)

const (
	mostByItself = 1 << 30 // the capacity that is taken when none is written, at most
	leastSlots   = 8
	mailsAtLeast = 2 // the largest mail fits in twice
)

// Open opens the spool of a configuration, and makes it if it is missing. tune, which may be nil,
// changes the options.
func Open(ctx context.Context, c *config.Config, how Opening, now func() time.Time, log *zap.Logger, tune func(*spool.Options)) (*spool.Spool, error) {
	dir := filepath.Join(c.State, statedir.SpoolFolder)
	volume, err := openVolume(ctx, dir, how)
	if errors.Is(err, flash.ErrLocked) {
		return nil, fmt.Errorf("another pillarbox runs on the state folder %s: stop it, or set state to another folder: %w", c.State, err)
	}
	if err != nil {
		return nil, volumeError(dir, err)
	}
	reading := volume.Profile().ReadOnly
	if reading && !how.ReadOnly {
		log.Error("the spool is read-only because the file system of the state directory is: messages are served, but not received or deleted; remount it read-write and restart the server",
			zap.String("directory", dir))
	}
	if err := judge(c, volume.Profile(), log); err != nil {
		return nil, errors.Join(err, volume.Close())
	}
	capacity, err := capacityOf(c, volume, usedBytes(dir))
	if err != nil {
		return nil, errors.Join(err, volume.Close())
	}
	o := spool.Options{
		Volume:       volume,
		ReadOnly:     reading,
		Capacity:     capacity,
		SlotSize:     int64(c.Spool.SlotFor(capacity)),
		MaxMessage:   int64(c.SMTP.MaxMessage),
		MailboxShare: 100, // what one mailbox may hold is looked at before, account by account
		IndexBytes:   IndexBytes(c),
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
	log.Info("spool opened", zap.String("directory", dir), zap.Stringer("mode", st.Mode), zap.Stringer("capacity", config.Size(capacity)),
		zap.Int("mailboxes", st.Mailboxes), zap.Int("messages", st.Messages))
	if st.NoFormat {
		log.Warn("the spool's FORMAT file is missing or damaged: its values were read from the slots; check the card", zap.String("directory", dir))
	}
	if said := Crowded(&st); said != "" {
		log.Warn(said, zap.Int("messages", st.Messages), zap.Int("hidden", st.Hidden), zap.Int64("index", st.Index))
	}
	if st.Torn {
		log.Warn("the last batch before this start cannot be read: it was cut short, which loses no acknowledged message, or it is damaged")
	}
	return s, nil
}

// copyTime is how long a copy of the state directory may take while the server runs, if it was not
// announced by a hold: messages that were moved meanwhile are in it anyway. What a household gets
// in a quarter of an hour takes no noticeable part of the room.
const copyTime = 15 * time.Minute

// judge logs the file system of the spool, and refuses one that does not keep messages, unless
// the owner wants it so.
func judge(c *config.Config, p flash.Profile, log *zap.Logger) error {
	if p.Volatile && !c.Spool.Volatile {
		return fmt.Errorf("mail in the state folder %s would not last: %s; set state to a folder on a disk or card of this machine, or spool.volatile = true if it may be lost",
			c.State, strings.Join(p.Warnings, "; "))
	}
	log.Info("file system of the spool", zap.String("type", p.FileSystem), zap.Stringer("mode", p.Mode))
	for _, warning := range p.Warnings {
		log.Warn("file system of the spool", zap.String("advice", warning))
	}
	return nil
}

// capacityOf returns the capacity that is written, else the smaller of 1 GiB and half of the space
// that is free or already the spool's, but never less than a spool needs.
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

// usedBytes returns what the files in a folder occupy; 0 when it is not there.
func usedBytes(dir string) int64 {
	var sum int64
	found, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	for _, f := range found {
		if info, err := f.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				sum += stat.Blocks * 512 // stat(2): in units of 512 bytes
			}
		}
	}
	return sum
}

// Crowded describes a spool with too many messages for the memory at hand; "" if it is not.
func Crowded(st *spool.Stats) string {
	switch {
	case st.Hidden > 0:
		return fmt.Sprintf("too many messages for this memory: about %d are hidden until others are deleted, and new mail is refused: delete mail, or raise service.memory", st.Hidden)
	case st.Crowded:
		return "too many messages for this memory: new mail is refused: delete mail, or raise service.memory"
	}
	return ""
}

// volumeError adds what to do about a spool that cannot be opened.
func volumeError(dir string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, spool.ErrVersion):
		advice = "; it was not touched: start the version that wrote it, or set state to another folder"
	case errors.Is(err, spool.ErrForeign):
		advice = "; it was not touched: set state to the state directory of this server, or put back a copy of it"
	}
	return fmt.Errorf("the spool in %s cannot be opened: %w%s", dir, err, advice)
}

// An Opening is how a volume is opened.
type Opening struct {
	flash.Options
	Waits func(holder error) // called once if another process has the spool; may be nil
}

// openVolume opens a volume, when the process that has it ends within statedir.Patience; the
// error is flash.ErrLocked if it does not. On a file system that is read-only it opens the volume
// for reading.
func openVolume(ctx context.Context, dir string, how Opening) (volume *flash.Dir, err error) {
	open := func() (err error) {
		volume, err = flash.Open(dir, how.Options)
		return err
	}
	err = open()
	if errors.Is(err, flash.ErrLocked) && !holdsItself(err) {
		if how.Waits != nil {
			how.Waits(err)
		}
		err = statedir.Patiently(ctx, time.Now().Add(statedir.Patience), flash.ErrLocked, open)
	}
	if errors.Is(err, syscall.EROFS) {
		how.ReadOnly = true
		err = open()
	}
	return volume, err
}

// holdsItself reports whether it is this process that has the spool: that does not end.
func holdsItself(err error) bool {
	var locked *flash.LockedError
	return errors.As(err, &locked) && locked.PID == os.Getpid()
}
