// Package logbook is the logger of the box: zap's core, without what zap's own front brings along.
//
// go.uber.org/zap serves its level over HTTP, and with that one method links net/http, internationalized
// names and the client half of crypto/tls: a third of a megabyte of flash in a program that speaks no HTTP. The
// package below it, go.uber.org/zap/zapcore, has the fields, the levels and the Core that writes lines, and
// none of that. This is the thin front over it; its calls are spelled as zap's, so that a reader knows them.
//
// It refuses samplers, callers, stack traces, names, sugar, levels that exit or panic, and fields that take any
// value by reflection: a field tells its kind.
//
//	Logger   what a session holds: levels, With, Check
//	field.go the kinds of fields that the box tells
//	level.go the levels, and one that may change while the box runs
//
// What holds: a Logger is safe for use by many goroutines when its Core is; a call below the level of the Core makes no Entry and allocates no more
// than its fields; the fields of With are given to the Core once, then belong to all lines.
package logbook
