package logbook

import (
	"time"

	"go.uber.org/zap/zapcore"
)

// A Logger tells events to a Core.
type Logger struct{ core zapcore.Core }

// New returns a Logger that tells core.
func New(core zapcore.Core) *Logger { return &Logger{core} }

// NewNop returns a Logger that tells nobody.
func NewNop() *Logger { return &Logger{zapcore.NewNopCore()} }

// With returns a Logger that begins its fields with these.
func (l *Logger) With(fields ...Field) *Logger {
	if len(fields) == 0 {
		return l
	}
	return &Logger{l.core.With(fields)}
}

// Core returns what the Logger tells.
func (l *Logger) Core() zapcore.Core { return l.core }

// Debug tells what helps to follow one dialogue.
func (l *Logger) Debug(event string, fields ...Field) { l.Log(DebugLevel, event, fields...) }

// Info tells what happens in the normal course: one line a session, one a delivery.
func (l *Logger) Info(event string, fields ...Field) { l.Log(InfoLevel, event, fields...) }

// Warn tells what somebody should look at.
func (l *Logger) Warn(event string, fields ...Field) { l.Log(WarnLevel, event, fields...) }

// Error tells what was to be done and was not.
func (l *Logger) Error(event string, fields ...Field) { l.Log(ErrorLevel, event, fields...) }

// Log tells an event at a level that is known only when it happens.
func (l *Logger) Log(level Level, event string, fields ...Field) {
	if line := l.Check(level, event); line != nil {
		line.Write(fields...)
	}
}

// Check returns a line to be written with its fields, nil when nobody wants to know: then the fields need not be made.
func (l *Logger) Check(level Level, event string) *zapcore.CheckedEntry {
	if !l.core.Enabled(level) {
		return nil
	}
	return l.core.Check(zapcore.Entry{Level: level, Time: time.Now(), Message: event}, nil)
}
