// Pillarbench is the load generator and the judge: it speaks SMTP and POP3 to a box from
// outside, as any client would, and shares no code with it. It never goes into an image.
//
//	pillarbench kill -box BINARY    kill -9 under load: is every acknowledged mail there once, whole?
//	pillarbench suite -pop3 HOST:PORT -smtp HOST:PORT -user NAME -password SECRET [CASE...]
//	                                any server held to the RFCs, case by case (package suite)
//	pillarbench restore -box BINARY an old copy of the state put back: is a unique-id given twice?
//	pillarbench wear -server NAME -folder DIR
//	                                what a mail costs the flash: device octets, flushes, CPU
//	pillarbench start -server NAME -folder DIR
//	                                what a start, a first login and a deletion cost with much mail
//	pillarbench idle -server NAME -folder DIR
//	                                private memory at rest: after a start, with many sessions, after many, with stalled downloads
//	pillarbench retr|ingest|login|delete -box BINARY -folder DIR [-servers NAME,NAME]
//	                                mail out, mail in, logins and deletions: CPU and time beside other servers
//	pillarbench plot -notes FILE    draws what those have noted
//	pillarbench hostile -box BINARY
//	                                one good client among thousands of hostile ones: is it served, what is left?
//	pillarbench board -box BINARY -guest FOLDER
//	                                the box on an emulated arm64 board: mail, memory, hardware watchdog
//	pillarbench cut -box BINARY -guest FOLDER
//	                                power cuts on that board: is every acknowledged mail there once, whole?
//
// # Letters
//
// A letter is made from its number alone, so whoever fetches it can tell every octet it must
// have. Its body does not compress, has lines that begin with dots, and ends in one.
//
// # The kill test
//
//	life of a round
//	  1  four senders deliver letters, one connection each, as fast as the box takes them
//	  2  at a random instant the box is killed (SIGKILL); some rounds kill the next start too,
//	     while it recovers
//	  3  the box is started again on the same state
//	  4  each mailbox is listed and every mail not seen before is fetched
//
//	K1  a letter answered 250 is in each of its mailboxes, once, octet for octet
//	K2  a letter that was not answered is there once, whole, or not at all
//	K3  a mail seen before keeps its unique-id, and is never there under another
//	K4  a mail whose removal was answered +OK (QUIT, UPDATE state) stays away
//	K5  the box starts again without help, within ten seconds
//
// kill -9 proves that the box needs no goodbye; it does not lose what the kernel holds. The
// power cut does.
//
// # The power-cut test
//
// The box runs on a board (package board) with Debian's kernel and a real file system, on a disk whose cache is lost
// (package disk). Senders and the client that removes mail are outside, and so is the ledger: what was answered was answered.
//
//	life of a round
//	  1  the board boots, and what the last cut has left is judged by K1…K5; of the mails that were whole before,
//	     some are fetched again, in the end all
//	  2  four senders deliver letters, while one client removes older ones, a few in a session
//	  3  the power goes at a chance request of the disk; every fourth time at one of the start, while the file
//	     system and the spool recover
//	  4  the cache of the disk is dropped, kept or torn, in turn
//
// A removal that was cut off may be done or not; the next listing decides, and then it stays so. With -lossy the test is that of
// the test: a mount without barriers, or a box that does not flush, must be found to lose mail. With -harsh the same cuts are made of a
// box that flushes, which must lose none.
//
// What is counted is what the disk was asked for by the kernel below the box. The same seed draws the same chances, but the guest's
// clock is real, so a run cannot be repeated request by request: the image that broke a rule is kept.
//
// # The board test
//
// Mail passes from outside through a box in 64 MiB of memory. The watchdog is the emulated i6300ESB, and the emulator tells when it
// fires: not while the box is well, not after a clean stop; but when the file system is frozen, when the disk hangs, and when the box was
// killed. The next boot must say why it is one.
//
// An hour is mixed load on that board: mail comes in, mail programs poll, fetch with TLS and without, remove, and stay logged in. The
// box must be the same process at the end, nothing killed for want of memory, and its own memory as in the first minute.
//
// # The restore test
//
// Clients know mail by its unique-id for ever (RFC 1939 §7), also across a backup that was put back. The test
// copies the state, lets more mail come, puts the copy back, and lets other mail come, after a clean stop and
// after kill -9: no unique-id of one life may name another letter in the next.
//
// # Servers
//
// Wear and start measure the box or, with -server NAME, a peer that the script of -peers starts and ends
// (scripts/peers.sh); a peer is known by the addresses and the process that the script prints. All that a
// server writes lies in -folder, but its log, which is no mail, lies elsewhere. Each connection has a
// mailbox of its own, so that no server waits for the lock of one. scripts/wear.sh makes a fresh file system
// for each server, and names those that the kernel lacks.
//
//	W1  octets and flushes come from the stat file of the block device below -folder (Documentation/block/
//	    stat.rst: field 3 is sectors of 512 octets read, 5 write requests, 7 sectors written, 16 flush requests)
//	W2  a row begins and ends with syncfs, so that what the file system holds back is counted; with -pause it does
//	    not end so, for then it is the file system that decides when to write, as it does in life
//	W3  CPU and memory are those of the first process and all that descend from it: utime, stime and those of
//	    ended children (proc(5), /proc/PID/stat); memory is Anonymous of smaps_rollup, which no file can give back
//	W4  the box fills each slot with zeros once in its life: rounds of mail are delivered and removed until
//	    its folder grows no more. What was filled is printed below the table, not counted in it
//	W5  a queue is part of the cost: a row ends when it is empty
//	W6  each figure is the median of the runs, column by column
//	W7  -guard fails when the box passes a budget (budget.go). Only counts have budgets, never times
//
// # Races
//
// Retr, ingest, login and delete let servers take turns, round after round, with a bare server of this program ("floor").
//
//	R1  CPU is that of the server's processes by their clocks, in nanoseconds; of children that ended in ticks of 10 ms,
//	    so a deletion by a server that has a process a session is known to a tick
//	R2  a ratio is taken within a round, and the median is that of the ratios: it is not the ratio of two medians
//	R3  the floor sends one mail, which the processor may cache; servers send different ones
//	R4  a peer that is not installed, or fails, is named and left out
//
// A start is timed from the exec of the server to its greeting on each port, after the kernel has dropped
// what it had in memory of any file. A first login ends with the reply to STAT. A deletion is of 100 mails that lie
// evenly in the mailbox: what is written until QUIT is answered, and what syncfs writes later.
//
// # Memory at rest
//
// Idle reads memory (W3) five seconds after the last thing that happened: after a start; with 100 to 2000 sessions that have
// logged in; after 4000 that logged in, fetched 4 KiB and left; with 100 that asked for 8 MiB and read nothing. Then the box is
// held to what is promised of it (promise.go). With -pid, -pop3 and -pop3s it measures a server that runs already, which
// is not started anew: its account needs a mail of 8 MiB for the last row.
package main
