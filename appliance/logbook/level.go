package logbook

import (
	"sync/atomic"

	"go.uber.org/zap/zapcore"
)

// A Level says how much a line matters; a higher one matters more.
type Level = zapcore.Level

// The levels of the box, from the chattiest up.
const (
	DebugLevel = zapcore.DebugLevel
	InfoLevel  = zapcore.InfoLevel
	WarnLevel  = zapcore.WarnLevel
	ErrorLevel = zapcore.ErrorLevel
)

// An AtomicLevel is a Level that may be changed while others ask for it; its copies are one level.
type AtomicLevel struct{ level *atomic.Int32 }

// NewAtomicLevel returns an AtomicLevel at InfoLevel.
func NewAtomicLevel() AtomicLevel { return NewAtomicLevelAt(InfoLevel) }

// NewAtomicLevelAt returns an AtomicLevel at l.
func NewAtomicLevelAt(l Level) AtomicLevel {
	a := AtomicLevel{new(atomic.Int32)}
	a.SetLevel(l)
	return a
}

// Enabled says whether a line of this level is to be told.
func (a AtomicLevel) Enabled(l Level) bool { return a.Level().Enabled(l) }

// Level returns the level.
func (a AtomicLevel) Level() Level { return Level(a.level.Load()) }

// SetLevel changes the level, for all copies.
func (a AtomicLevel) SetLevel(l Level) { a.level.Store(int32(l)) }
