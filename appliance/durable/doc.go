// Package durable replaces the small files of the state directory (accounts, certificates, ports),
// so that a power cut at any instant leaves the old file or the new one.
//
// Read reads them, and follows no link.
//
// It stores no mail, which has a store of its own; it never writes into an existing file. Replace
// is not safe for two writers of one file at once: they take the Lock of its folder.
//
// # Invariants
//
//	D1  When Replace or MakeFolder has returned nil, the name and its content survive a power cut.
//	D2  A reader sees the old file completely or the new one completely.
//	D3  A file has mode 0600 and the owner of its folder, whichever user runs the program; a folder
//	    has mode 0700.
//
// # Life of a file
//
// <name>.new is created (a crash may have left one, which is removed) → given to the owner of the
// folder → written → flushed → renamed → the folder is flushed.
package durable
