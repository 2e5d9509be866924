// Package logging is the zapcore.Core of the server: what a line looks like, where it goes, and how
// many lines a client can cause. Every other package logs through a *zap.Logger.
//
//	core.go         Core: level, fields of a logger, the way of an entry
//	line.go         an entry as one line of text
//	limit.go        how many lines of an event, and about a client, are written in a minute
//	destination.go  standard error, also of a service of systemd
//	syslog.go       the log daemon of the machine (/dev/log)
//
// A line is an event and fields, the values quoted where they would be ambiguous:
//
//	2026-11-24T13:45:49Z info  message delivered session=cb5f7a4a remote=192.168.1.7 size=4096
//
// Where a log daemon adds time and priority, the line begins with what the daemon reads instead:
// "<6>" for systemd's journal (sd-daemon(3)), the header of RFC 3164 for /dev/log, which the daemon
// removes.
//
// What holds:
//
//	L1  One event is one line. No value, whatever a client sent, holds a line break or another
//	    control character, and none is longer than maxValue octets.
//	L2  Within a minute a client causes at most limitRefused and limitServed lines, all clients
//	    that no account has logged in from cause at most limitStrangers of each, and an event that
//	    names no client is written at most limitEvent times. A line of a sum follows for each
//	    event of which lines were left out. The warnings of package access about a client are
//	    always written. What one client causes in any 60 s is at most 100 lines.
//	L3  The memory for that is bounded: maxEvents events, and two counters in the record that
//	    package access has of a client.
//	L4  A log daemon that does not read its socket delays a line by at most syslogPatience.
//
// At the level debug nothing is left out: that level is for following one client for a while.
package logging
