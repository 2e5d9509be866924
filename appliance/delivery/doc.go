// Package delivery is the one way into the spool: for SMTP and LMTP, an import, a message restored
// from the bin, and notices of the server; for messages collected at a provider and for bounces as
// well.
//
// It decides whether there is room, makes it, and bounds what unfinished messages hold. It speaks
// no protocol, reads no content, and chooses no recipient: it gets accounts.
//
//	Message, accounts ──► Room, MailboxRoom   is there room for what is announced? changes nothing
//	                      Begin ──► Delivery  Write … ──► Commit   makes room, one flush, durable
//	                                                 └──► Abort
//	import                Batch               several deliveries that share a commit
//
// # Quota
//
// One rule holds for every source: what a mailbox holds outside its bin is at most its limit, the
// smaller of its share of the spool and its quota. The bin counts as free, and gives way by what is
// missing once a message has arrived whole. A source only decides when the rule is applied:
//
//	source    size known     applied                                  unfinished budget
//	Client    at best        at RCPT, by the announced size; at the   by the standing of the client
//	                         end only if no mailbox could ever hold
//	                         the message
//	Import    at the end     at the end, with what waits for the      none
//	                         same commit
//	Restore   beforehand     at the beginning; it takes the place of  none
//	                         its copy in the bin
//	Remote    at best        as Client at the beginning, and at the   none
//	                         end
//	Notice    beforehand     not at all: it may be about a mailbox    none
//	                         that is full
//	Bounce    beforehand     not at all: its sender must learn of it  none
//
// # Life of a message
//
// Room and MailboxRoom are asked with what the client announces → Begin → each Write is counted
// against the budget of unfinished messages; over it the oldest message of the largest stranger has
// to give way → Commit: from here on the message does not give way → unfinished messages of
// strangers, then the bins of its mailboxes, then the bins of all give way by what is missing → the
// spool writes and flushes once → nil means durable, and only then does the client get its 250.
// A failed flush is the error of Commit: nothing was acknowledged, and Abort follows.
//
// # Invariants
//
//	D1  Room and MailboxRoom change nothing. Bins give way only to messages that have arrived whole.
//	D2  Unfinished messages of strangers hold at most a quarter of what is free, those of one
//	    stranger half of that; one message of the largest size always fits.
//	D3  Known clients and the server never give way to strangers.
//	D4  A client whose octets come to nothing is counted (access.Table.Wasted).
//
// # Files
//
//	message.go     Message, Source, errors        delivery.go   Delivery and Batch, Begin to Commit
//	intake.go      Intake, the quota rule
//	room.go        room in the spool, bins        unfinished.go the budget of unfinished messages
package delivery
