// Package watchdog is the seam between the box and a hardware watchdog: what a device has to
// do, and what a proof of health is.
//
// A watchdog resets the machine when it has not been fed for its timeout. A program that feeds it from a
// timer proves that its timer runs and nothing else: with a wedged disk or a dead accept loop the
// machine stays up and useless. So the rule of this package is that only work feeds: a [Check]
// looks at progress that was made, asks a question and waits for the answer, or reads past
// every cache. It never writes: a write every 15 s wears flash more than the mail does.
//
// This version declares the seam and feeds no device; [watchdog] device = "none" is the only choice of
// the configuration.
//
// Invariants:
//
//	W1  The device is fed only when every check has passed within its time.
//	W2  A device that was not disarmed resets the machine: a program that dies does not disarm it.
package watchdog
