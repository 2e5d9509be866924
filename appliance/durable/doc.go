// Package durable puts the small files of the state folder in their place (accounts, certificates, ports), so that a
// power cut at any instant leaves the old one or the new one.
//
// What it refuses to do: it keeps no mail, which has a store of its own; it locks nothing; it never writes into a file that is
// there.
//
// Invariants:
//
//	D1  When Replace or MakeFolder has returned nil, the name and what is behind it survive a power cut.
//	D2  A reader sees the old file whole or the new one whole.
//	D3  A file has mode 0600 and the owner of its folder, whoever runs the program; a folder has mode 0700.
//
// Life of a file: <name>.new is made anew (a crash may have left one) → given to the owner of the folder → written →
// flushed → renamed → the folder is flushed.
package durable
