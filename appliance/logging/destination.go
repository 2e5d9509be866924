package logging

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"

	"go.uber.org/zap/zapcore"
)

// A Destination takes whole lines, each by one Write, from one goroutine at a time.
type Destination interface {
	// Head appends what a line begins with.
	Head(dst []byte, level zapcore.Level, at time.Time) []byte
	io.Writer
}

// Environment variables that select the destination of a log.
const (
	journalStream = "JOURNAL_STREAM" // systemd.exec(5): device and inode of the stream to the journal
	logVariable   = "PILLARBOX_LOG"  // "syslog": the log daemon has a socket
)

// Open returns the destination for a server whose standard error is stderr.
func Open(stderr io.Writer, getenv func(string) string) Destination {
	if getenv(logVariable) == "syslog" {
		return newSyslog(logSocket, stderr)
	}
	if isJournal(stderr, getenv(journalStream)) {
		return Journal{stderr}
	}
	return Plain{stderr}
}

// isJournal reports whether w is the stream that the value of JOURNAL_STREAM names. The variable
// is inherited, also by processes whose standard error is another file.
func isJournal(w io.Writer, stream string) bool {
	file, ok := w.(*os.File)
	if !ok || stream == "" {
		return false
	}
	info, err := file.Stat()
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

// Plain is a destination where each line has its time and level.
type Plain struct{ io.Writer }

// Head implements Destination.
func (Plain) Head(dst []byte, level zapcore.Level, at time.Time) []byte {
	dst = append(at.UTC().AppendFormat(dst, time.RFC3339), ' ')
	return append(dst, (level.String() + "     ")[:6]...)
}

// Journal is the journal of systemd, which reads the priority from the beginning of a line and adds
// the time.
type Journal struct{ io.Writer }

// Head implements Destination.
func (Journal) Head(dst []byte, level zapcore.Level, _ time.Time) []byte {
	return append(dst, '<', '0'+severity(level), '>')
}

// Head implements Destination. The daemon removes the time, and expects one.
func (s *syslog) Head(dst []byte, level zapcore.Level, at time.Time) []byte {
	dst = strconv.AppendInt(append(dst, '<'), int64(facility|severity(level)), 10)
	dst = at.Local().AppendFormat(append(dst, '>'), time.Stamp)
	return append(dst, s.tag...)
}

// severity returns the priority of a level in syslog (RFC 5424 §6.2.1).
func severity(level zapcore.Level) byte {
	switch {
	case level <= zapcore.DebugLevel:
		return 7
	case level == zapcore.InfoLevel:
		return 6
	case level == zapcore.WarnLevel:
		return 4
	}
	return 3
}

// Errors returns a writer for text that is not a line of the log, such as the error that a server
// ends with: its lines have the priority of an error where d is the journal.
func Errors(d Destination, stderr io.Writer) io.Writer {
	if _, ok := d.(Journal); !ok {
		return stderr
	}
	return errorLines{stderr}
}

type errorLines struct{ to io.Writer }

func (e errorLines) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		if _, err := e.to.Write(append([]byte("<3>"), line...)); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
