package appliance

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"

	"pillarbox/appliance/logbook"
)

// NewLog returns a logger that writes one line an event to w, all of them:
//
//	2026-11-24T13:45:49Z info  delivery committed proto=ESMTP mailbox=anna octets=4096 took=1.2ms
//
// Values with a space, a quote or a control character are quoted, so that nothing a client says
// can begin a line of its own. Above the level debug, lines about clients that are not served are bounded, see hush. level may be
// changed at any time.
func NewLog(w io.Writer, level logbook.AtomicLevel) *logbook.Logger {
	return logbook.New(&logCore{out: &logWriter{w: w}, level: level, hush: &hush{}})
}

// ParseLevel returns the level of a word that the configuration allows.
func ParseLevel(word string) zapcore.Level {
	level, err := zapcore.ParseLevel(word)
	if err != nil {
		return zapcore.InfoLevel
	}
	return level
}

// A logCore is a zapcore.Core without sampling and without configuration.
type logCore struct {
	out   *logWriter
	level logbook.AtomicLevel
	hush  *hush
	with  string // the fields of the logger, written
	of    string // the address among them
}

// A logWriter writes whole lines.
type logWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (c *logCore) Enabled(level zapcore.Level) bool { return c.level.Enabled(level) }

func (c *logCore) With(fields []zapcore.Field) zapcore.Core {
	var b strings.Builder
	b.WriteString(c.with)
	for _, f := range fields {
		writeField(&b, f)
	}
	of, _ := troubleOf(c.of, zapcore.InfoLevel, fields)
	return &logCore{c.out, c.level, c.hush, b.String(), of}
}

func (c *logCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

func (c *logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	var b strings.Builder
	if of, trouble := troubleOf(c.of, e.Level, fields); trouble && !c.level.Enabled(zapcore.DebugLevel) {
		pass, kept := c.hush.pass(of, e.Time)
		if !pass {
			return nil
		}
		if kept > 0 {
			fmt.Fprintf(&b, "%s warn  lines about clients that were not served left out lines=%d\n", e.Time.UTC().Format(time.RFC3339), kept)
		}
	}
	fmt.Fprintf(&b, "%s %-5s %s", e.Time.UTC().Format(time.RFC3339), e.Level, plain(e.Message))
	b.WriteString(c.with)
	for _, f := range fields {
		writeField(&b, f)
	}
	b.WriteByte('\n')
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	_, err := io.WriteString(c.out.w, b.String())
	return err
}

func (c *logCore) Sync() error { return nil }

// writeField writes " key=value". It asks the field for its value itself: by Field.AddTo, zapcore's encoders would come along, 50 KB
// of flash for the rare kinds.
func writeField(b *strings.Builder, f zapcore.Field) {
	if f.Type == zapcore.SkipType {
		return
	}
	b.WriteByte(' ')
	b.WriteString(f.Key)
	b.WriteByte('=')
	switch f.Type {
	case zapcore.StringType:
		b.WriteString(quoted(f.String))
	case zapcore.Int64Type, zapcore.Int32Type, zapcore.Int16Type, zapcore.Int8Type:
		b.WriteString(strconv.FormatInt(f.Integer, 10))
	case zapcore.DurationType:
		b.WriteString(time.Duration(f.Integer).Round(10 * time.Microsecond).String())
	case zapcore.ErrorType:
		b.WriteString(quoted(f.Interface.(error).Error()))
	case zapcore.BoolType:
		b.WriteString(strconv.FormatBool(f.Integer == 1))
	case zapcore.ByteStringType:
		b.WriteString(quoted(string(f.Interface.([]byte))))
	default: // what fmt knows how to write: names of themselves, times, lists of texts
		b.WriteString(quoted(fmt.Sprint(f.Interface)))
	}
}

// quoted returns a value as it stands in a line.
func quoted(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '"' || r == '=' || r == 0x7f || !strconv.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// plain returns a message, quoted only if it would break the line.
func plain(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
