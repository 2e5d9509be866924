// Package clock decides whether the wall clock of the machine can be trusted.
//
// It reads the wall clock and the uptime together and compares how far both have gone. A small
// board has no clock that runs while it is off: it starts in 1970, or at the time at which it was
// switched off, and the wall clock jumps when the network sets it. What must not happen then:
// messages that are removed because a clock was set, and certificates that are not valid yet.
// The package stores no messages and makes no certificates; packages retention and certs receive
// what they need as values.
//
//	wall clock, uptime ──► Clock ──► Interval (since when the date can be trusted) ──► retention
//	                         └─────► Steady (how long within this run)              ──► certs
//
// # Trusted clock
//
// The wall clock is trusted while it is not before the date of the build and goes in step with the
// uptime: both have advanced by the same time, within 2 minutes and a thousandth of the time. The
// uptime goes on while a machine sleeps, so that a machine that is suspended at night keeps its
// trusted interval.
//
// # Trusted interval
//
// An Interval is the time up to now in which the clock was trusted. When the clock is set, a new
// one begins. In the first hour of a run, in which a board learns the date, it continues the one of
// the previous run if the clock is then 0 to 7 days beyond the last time that was recorded. Nothing
// should be removed within that hour (Settled), so that clients of a server that was off for days
// can collect their messages first.
//
// # Record
//
// A small text keeps the interval over restarts:
//
//	since 2026-03-01T09:12:44Z      the beginning of the trusted interval
//	seen  2026-11-24T17:00:00Z      when it was last known to hold
//
// It is written at most once a day, at an orderly stop, and once after the clock was set.
//
// # Invariants
//
//	K1  An age is never more than the true one, except for 7 days at a start after a time off, and
//	    4 minutes a day.
//	K2  There is one judge: no other package compares a wall clock with an uptime.
//
// # Files
//
//	clock.go          Clock
//	record.go         Interval, days and ages, and what a run leaves behind of them
//	machine_linux.go  the clocks of the machine
package clock
