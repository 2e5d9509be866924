// Package guard feeds the hardware watchdog and the supervisor of this process, systemd or procd,
// while all health checks pass.
//
// It arms the device, keeps a record of why a run ended, and stops resets that do not help. It
// makes no checks itself: the appliance hands them over. What a device is, package watchdog/device
// knows; when it is fed, package watchdog.
//
// # Life of a failure
//
// A check fails for longer than it holds → the reason is stored → the stacks of all goroutines are
// dumped → the process ends, and its supervisor starts it again → if that has not helped, or
// nothing ends it, the feed is withheld and the watchdog resets the machine → after too many resets
// in a row the watchdog is not armed and the spool is only read, so that mail can be collected.
//
// # Invariants
//
//	G1  The device is armed when all is open, or taken over if it is armed already; it is disarmed by
//	    an orderly stop alone.
//	G2  While the spool is read at the start, the device is fed as long as steps are made.
package guard
