// Package storage opens the spool as the configuration says: for a server and for a command.
//
// It judges the file system, chooses the capacity, waits for a process that is ending, and divides
// the memory. It stores and reads no messages.
//
// # Files
//
//	open.go    Open, waiting for a process that ends     memory.go  the shares of memory
package storage
