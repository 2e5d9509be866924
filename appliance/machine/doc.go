// Package machine reads what the machine lets this process use: how much memory, by its control
// group, and in a container which addresses are on the network outside, and which address stands
// for many clients; and how the server is restarted here.
//
//	memory.go       the limits of control groups, version 1 and 2
//	addresses.go    the addresses of interfaces that are on the network outside, and those from
//	                which an engine forwards connections
//	restart.go      how the server is restarted
//	small_linux.go  a process without transparent huge pages, and with one thread for Go code
//
// It holds nothing, and changes nothing but that. What cannot be read is as if it were not there.
package machine
