// Package watchdog feeds a watchdog only while the health checks of the server pass.
//
// A watchdog resets the machine, or restarts the program, if it has not been fed for its timeout. A
// program that feeds it from a timer proves only that its timer runs: with a hanging disk or a dead
// accept loop the machine stays up and is of no use. Therefore a [Check] observes progress, sends a
// request and waits for the reply, or reads past every cache; and a [Lease] is renewed by a loop at
// each turn. No check writes to flash: a write every 15 s causes more wear than the mail does.
//
// The package knows nothing of what it guards, and nothing of the devices, which are in package
// device: it feeds an interface. It arms no device before there is something to guard, ends no
// process and resets nothing itself.
//
//	checks ──► states ──┐              ┌──► /dev/watchdogN    resets the machine
//	leases ──► states ──┴─► Feeder ────┼──► systemd           restarts the program
//	                           │       └──► procd             restarts the program
//	Report ◄───────────────────┘
//	                           └── a check fails: reason stored ─► log, stacks ─► *CheckError
//
// Invariants:
//
//	W1  The device is fed only if every check has passed within its grace and every lease was renewed
//	    within its term. The exceptions have an end: a start that makes progress (30 minutes), and an
//	    orderly stop (1 minute).
//	W2  A device that is not disarmed fires: a program that dies does not disarm it.
//	W3  A check that hangs delays neither the other checks nor the feeder. It is not called again
//	    until it returns.
//	W4  The reason is stored before the feed is withheld, or one tick is spent trying: the storage
//	    may be what hangs.
//	W5  Time in which the feeder itself did not run counts against no check: a machine that was
//	    suspended is not reset for it.
//	W6  One ticker ticks three times in a timeout. Between ticks the feeder is the only goroutine
//	    that waits.
//	W7  After 3 resets in a row, without an hour of passing checks between two of them, the caller
//	    arms nothing (Record.Brakes): another reset would not help.
//
// # Life of a reset
//
// A check fails for longer than its grace → the reason is stored, and the stacks of all goroutines
// are logged → the program ends, and its supervisor starts it again, which opens the device and
// feeds it (twice in one boot) → after that the device is no longer fed → it resets the machine →
// the next start reads the boot status and the record, logs both, and counts the reset.
//
// # Files
//
//	state.go    Device, Check, Lease, the state of each     feeder.go  the ticks
//	report.go   the results of all checks                   start.go   feeding during a long start
//	record.go   what is stored over a reset
package watchdog
