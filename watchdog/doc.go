// Package watchdog feeds a watchdog, of the machine or of a supervisor, only while the box proves that it works.
//
// A watchdog resets the machine when it has not been fed for its timeout. A program that feeds it from a
// timer proves that its timer runs and nothing else: with a wedged disk or a dead accept loop the
// machine stays up and useless. So the rule of this package is that only work feeds: a [Check]
// looks at progress that was made, asks a question and waits for the answer, or reads past
// every cache; a [Lease] is renewed by a loop that goes round. Nothing is ever written to prove something: a write every 15 s wears
// flash more than the mail does.
//
// What it refuses to do: it knows nothing of what it guards; it takes no device from another program; it arms none before
// there is something to guard; it ends no process and resets nothing by itself.
//
//	checks ──► proofs ──┐              ┌──► /dev/watchdogN    resets the machine
//	leases ──► proofs ──┴─► Feeder ────┼──► systemd           restarts the program
//	                           │       └──► procd             restarts the program
//	Report ◄───────────────────┘
//	                           └── a proof is missing: reason kept ─► log, stacks ─► *Unproven; fed no more
//
// Invariants:
//
//	W1  The device is fed only when every check has passed within its grace and every lease was renewed within its term. The exceptions
//	    have an end: a start that gets on (30 minutes), and an orderly stop (one minute).
//	W2  A device that was not disarmed resets the machine: a program that dies does not disarm it.
//	W3  A check that hangs holds up nothing: neither the others nor the feeder. It is not run a second time meanwhile.
//	W4  The reason is kept before the feed is withheld, or a tick has passed in the attempt: what hangs may be the
//	    device that it is written to.
//	W5  Time in which the feeder itself was not run is nobody's fault: a machine that stood still is not reset for it afterwards.
//	W6  The timeout of a device is set once, and what it answers is what holds. It is 5 s to 2 minutes.
//	W7  There is one ticker, three ticks a timeout, and no goroutine that waits between them but the feeder.
//	W8  After 3 resets in a row, without an hour of proofs between two, nothing is armed: a reset does not help this box.
//
// # Life of a reset
//
// A proof runs out → its reason is kept, the stacks go to the log → the program ends, for its supervisor to start it again, which
// opens the device and feeds it on (2 times in a boot) → else it is not fed any more → the machine is reset → the next start reads
// the boot status and the record, says both, and counts.
//
// # Files
//
//	device.go    the seam: Device, Check, Lease       feeder.go    the ticks
//	proof.go     what is known of a check or lease    report.go    the same, for people
//	lateness.go  how late the feeds were              start.go     a start that takes long
//	choice.go    which device                         record.go    what outlives a reset
//	hardware.go  /dev/watchdogN and its sysfs folder; hardware_linux.go  its ioctls
//	systemd.go   sd_notify(3)                         procd.go     the supervisor of OpenWrt, over ubus.go
//
// The calls of a device are those of the kernel's watchdog-api.rst; the boot status is read whatever the options say, for drivers
// keep it and do not tell (i6300esb).
package watchdog
