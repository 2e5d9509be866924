// Package board is an ARM board in an emulator (QEMU): power, a console, a network cable and a hardware watchdog. What runs on it is Debian's kernel and what scripts/qemu/guest.sh has put beside it.
//
//	Start ──▶ qemu-system-... ───── console (serial line): Await, Say
//	                              ├─ QMP (unix socket):     Event, such as WATCHDOG when the hardware has reset the board
//	                              ├─ user network:          Address, a loopback port for each port of the guest
//	                              ├─ first disk:            a unix socket that speaks NBD
//	                              └─ second disk:           the box and its configuration, read only
//
// # What holds
//
//	B1  The guest reaches nothing but this machine's forwarded ports (restrict=on).
//	B2  Kill is a power cut for all but the disk: SIGKILL, no goodbye.
//	B3  A watchdog event is told by the emulated hardware, not by the guest: a guest that reboots makes none.
//
//	machine.go  the boards that the emulator knows
//	board.go    a board from power on to power off
//	console.go  what the guest says
//	qmp.go      what the hardware says
//	pack.go     the program disk, and fresh file systems
package board
