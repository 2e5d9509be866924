// Package park keeps connections that wait, without a goroutine for each.
//
// A goroutine that has served a command has a stack of 8 KiB and more, which the runtime does not
// shrink while it waits. A session that has to wait longer calls [Lot.Wait] with what it waits for
// and ends its goroutine. One poller, a goroutine with epoll(7), resumes it in a new one. Only
// Linux has this: elsewhere Wait returns ErrUnsupported, and the caller waits in its goroutine.
//
//	session ── Wait(waiter, readable, until) ──► slot of the descriptor     goroutine ends
//	                                               │
//	        the socket is readable or writable ────┤
//	        until has passed ──────────────────────┼──► slot is free ──► go waiter.Resume()
//	        Wake(waiter) ──────────────────────────┘
//
// The package reads and writes no data and knows no session: it imports only the standard library.
//
// Invariants:
//
//	P1  Each successful Wait is followed by exactly one Resume, in a new goroutine. A Wait that
//	    returns an error is followed by none.
//	P2  A connection that becomes ready before it is parked is resumed at once: epoll reports the
//	    state of the socket when it is added, not only its changes.
//	P3  A Wait for Readable fails if the context has ended before it takes the lock. A context that
//	    ends later is for Wake, which finds the waiter parked. No end is missed between the two.
//	P4  The poller runs only while a connection is parked. AwaitPoller returns after its end, so that
//	    no goroutine and no descriptor outlives the last session.
//	P5  A slot belongs to a descriptor. If the descriptor was closed and used again by another
//	    connection, the previous waiter is resumed, and its next read fails.
//
// A parked connection takes 8 octets in the lot, those of its Waiter, and about 200 in the kernel
// until its socket is closed.
//
// # Files
//
//	lot_linux.go   the lot and its poller
//	lot_other.go   what other systems have in its place
//	waiter.go      what is parked
package park
