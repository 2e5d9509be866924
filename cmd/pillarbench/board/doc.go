// Package board is an ARM board in an emulator (QEMU): power, a console, a network and a hardware
// watchdog. It runs Debian's kernel and what scripts/qemu/guest.sh has added.
//
//	Start ──▶ qemu-system-... ─ console (serial line): Await, Say
//	                          ├─ QMP (unix socket):     Event, such as WATCHDOG after a reset
//	                          ├─ user network:          Address, a loopback port per guest port
//	                          ├─ first disk:            the unix socket of an NBD server
//	                          └─ second disk:           the server and its configuration, read-only
//
// # Guarantees
//
//	B1  The guest reaches nothing but this machine's forwarded ports (restrict=on). With Outside it
//	    reaches the ports of this machine's loopback, too; it has no route to anywhere else.
//	B2  Kill is a power cut of all but the disk: SIGKILL without warning.
//	B3  The emulated hardware reports watchdog events, not the guest: a reboot makes none.
//
//	board.go    the boards that the emulator supports, each from power on to power off
//	console.go  the output of the guest, and the events of the hardware
//	pack.go     the program disk, and fresh file systems
package board
