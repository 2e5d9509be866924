// Package reader finds the stored bytes of a message: it reads the head of its record, verifies the
// checksums once, and says in which files the bytes lie, so that they can be sent without a copy.
//
// It knows where a message lies only by what it is given, an entry of the index, and gets files by
// pinning their slots. It writes nothing and takes no lock but those of the pins; no checksum is
// computed under any lock.
//
// # Life of a RETR, down to the kernel
//
//  1. A POP3 session holds a view. View.Message of package spool asks the index where message n
//     lies now, pins the slot, and asks the index again: if the message was moved in between, it
//     follows (spool/message.go).
//  2. Reader.Open reads frame and meta of the record through the page cache, 1 KiB at once, or
//     the whole record if the message is small; then no other read follows (message.go). For a
//     client with pipelined commands the small messages that follow in the slot are read at once,
//     64 KiB at most, and are in memory until View.Rest (ahead.go); 8 views at a time have some.
//  3. Before the first byte of a message leaves the process for the first time, the checksum of its
//     body and of each extent is verified (Open, addExtents). What does not verify is never
//     served.
//  4. Extents returns files, offsets and lengths. They are files for reading alone, with explicit
//     offsets, so that any number of sessions share one descriptor.
//  5. The session gives each extent to sendfile(2) (package pop3): the kernel queues pages of the
//     page cache on the socket, and the process copies nothing. Over TLS without kernel TLS, and
//     where no real file is below, it reads with ReadAt.
//  6. The pages stay as they are while the socket holds them, also after Close: slots are recycled
//     by direct writes, which replace pages and do not change them, or are new files (package
//     flash).
//  7. Close releases the slots. Until then no segment is written over them (S1 of package slots).
//     Recycle does the same, and the next message uses the memory: a RETR allocates none.
//
// # Files
//
//	reader.go     where files come from, the head of a record, reads past the page cache
//	message.go    one message: its parts, and reading them; small messages in memory
//	ahead.go      small messages that lie side by side, in one read
//	window.go     verifying
package reader
