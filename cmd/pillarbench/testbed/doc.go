// Package testbed runs pillarbox on an emulated board (package board) with a disk that survives
// power cuts (package disk), and has the tests of the board: mail, watchdog, and an hour of mixed
// load.
//
// Messages are delivered and retrieved from outside, through a server in 64 MiB of memory. The
// watchdog is an emulated one, and the emulator reports when it fires: not while the server is
// healthy, and not after a clean stop, but when the file system is frozen, when the disk hangs,
// and when the server was killed. The next boot must log the reason.
//
// The hour is mixed load: messages arrive, clients poll, retrieve with and without TLS, remove,
// and stay logged in. At the end the server must be the same process, nothing may have been
// killed for lack of memory, and its private memory must be as in the first minute.
package testbed
