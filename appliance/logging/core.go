package logging

import (
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pillarbox/appliance/access"
)

// New returns a logger that writes one line for each event to d. level may be changed at any time.
// clients is the table of the server, which counts the lines about each client. Sync writes the
// sums of what was left out.
func New(d Destination, level *Level, clients *access.Table) *zap.Logger {
	out := &output{to: d, limit: limit{clients: clients}}
	return zap.New(&core{out: out, level: level}, zap.ErrorOutput(nowhere{}))
}

// A Level is the least level that is logged. It may be changed at any time; its zero value is info.
// zap.AtomicLevel has methods that serve it over HTTP as JSON, which cost 70 KB.
type Level struct {
	least atomic.Int32
}

// Set makes least the least level that is logged.
func (l *Level) Set(least zapcore.Level) { l.least.Store(int32(least)) }

// Enabled implements zapcore.LevelEnabler.
func (l *Level) Enabled(level zapcore.Level) bool { return int32(level) >= l.least.Load() }

// ParseLevel returns the level of a word that the configuration allows.
func ParseLevel(word string) zapcore.Level {
	level, err := zapcore.ParseLevel(word)
	if err != nil {
		return zapcore.InfoLevel
	}
	return level
}

// A core is a zapcore.Core.
type core struct {
	out    *output
	level  *Level
	fields []byte // of the logger, encoded
	remote string // the client among them
}

func (c *core) Enabled(level zapcore.Level) bool { return c.level.Enabled(level) }

// With implements zapcore.Core.
func (c *core) With(fields []zapcore.Field) zapcore.Core {
	with := *c
	with.fields = append([]byte(nil), c.fields...)
	for _, f := range fields {
		with.fields = appendField(with.fields, f)
	}
	if remote, ok := remoteOf(fields); ok {
		with.remote = remote
	}
	return &with
}

// Check implements zapcore.Core.
func (c *core) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

// Write implements zapcore.Core.
func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	remote := c.remote
	if own, ok := remoteOf(fields); ok {
		remote = own
	}
	return c.out.write(e, c.fields, fields, remote, c.level.Enabled(zapcore.DebugLevel))
}

// Sync implements zapcore.Core.
func (c *core) Sync() error { return c.out.sync() }

// remoteOf returns the client that fields name.
func remoteOf(fields []zapcore.Field) (remote string, ok bool) {
	for _, f := range fields {
		if f.Key != "remote" {
			continue
		}
		switch f.Type {
		case zapcore.StringType:
			remote, ok = f.String, true
		case zapcore.StringerType:
			remote, ok = f.Interface.(interface{ String() string }).String(), true
		}
	}
	return remote, ok
}

// An output writes whole lines, one at a time.
type output struct {
	mu    sync.Mutex
	to    Destination
	limit limit
	sums  *time.Timer // writes the sums when the minute is over; nil: nothing is left out
	line  []byte      // reused
}

// mostKept is how large a buffer the output keeps between two lines.
const mostKept = 1 << 10

// write writes an entry, unless the limit leaves it out. If all is set, there is no limit.
func (o *output) write(e zapcore.Entry, with []byte, fields []zapcore.Field, remote string, all bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !all {
		pass, sums := o.limit.pass(e.Message, remote, fields, e.Time)
		if err := o.writeSumsLocked(sums, e.Time); err != nil {
			return err
		}
		if !pass {
			o.armLocked(e.Time)
			return nil
		}
	}
	o.line = appendMessage(o.to.Head(o.line[:0], e.Level, e.Time), e.Message)
	o.line = append(o.line, with...)
	for _, f := range fields {
		o.line = appendField(o.line, f)
	}
	return o.endLocked()
}

// endLocked ends the line that was gathered, and writes it.
func (o *output) endLocked() error {
	if len(o.line) > maxLine {
		o.line = append(cut(o.line, maxLine), "..."...)
	}
	_, err := o.to.Write(append(o.line, '\n'))
	if cap(o.line) > mostKept {
		o.line = nil
	}
	return err
}

// writeSumsLocked writes a line for each event of which lines were left out.
func (o *output) writeSumsLocked(sums []event, at time.Time) (err error) {
	for _, s := range sums {
		if s.left == 0 {
			continue
		}
		level := zapcore.InfoLevel
		if s.refused {
			level = zapcore.WarnLevel
		}
		o.line = s.append(o.to.Head(o.line[:0], level, at))
		if failed := o.endLocked(); failed != nil {
			err = failed
		}
	}
	return err
}

// armLocked has the sums written when the minute is over, also if nothing is logged then.
func (o *output) armLocked(now time.Time) {
	if o.sums == nil {
		o.sums = time.AfterFunc(o.limit.remaining(now), o.expire)
	}
}

// expire writes the sums of a minute that is over. If a line has begun another one just before, it
// waits for the end of that.
func (o *output) expire() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sums = nil
	now := time.Now()
	if o.limit.remaining(now) > 0 {
		o.armLocked(now)
		return
	}
	o.writeSumsLocked(o.limit.begin(now), now)
}

// sync writes the sums of what was left out so far in this minute.
func (o *output) sync() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sums != nil {
		o.sums.Stop()
		o.sums = nil
	}
	return o.writeSumsLocked(o.limit.take(), time.Now())
}

// nowhere is where zap reports that a line could not be written: there is no better place than the
// one that failed.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Sync() error                 { return nil }
