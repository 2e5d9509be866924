// Package bench has the benchmarks.
//
// Wear, Start and Idle measure one server:
//
//   - Wear counts device octets, flushes and CPU time for each message. A row begins and ends
//     with syncfs, so that what the file system caches counts; with a pause it does not end so,
//     because then the file system decides when to write, as in practice. Pillarbox fills each
//     slot with zeros once in its life: the warm-up does that, and prints it apart. A row ends
//     when all queues are empty. The budgets count requests, never times.
//   - Start measures from exec to the greeting on each port, after the kernel has dropped its
//     cached files, unless -warm is given; private memory five seconds later, and how much of it
//     the server has only with messages, which with -imported have unique-ids of Dovecot's; a first
//     login, until the reply to STAT; and the removal of 100 messages that are spread evenly over
//     the mailbox: what is written before the reply to QUIT, and what syncfs writes later.
//   - Idle reads private memory five seconds after the last event: after a start; with idle
//     sessions; after 4000 sessions that logged in, retrieved 4 KiB and ended; with 100 downloads
//     of 8 MiB of which nothing is read. It compares pillarbox with limits. A server that runs
//     already is not restarted, and needs a message of 8 MiB for the last row.
//
// Retr, Ingest, Login and Delete compare servers, which take turns with a bare server (package
// bare):
//
//   - A ratio is taken within a round, and the median of the ratios is printed: it is not the
//     ratio of two medians.
//   - The bare server sends one message, which the processor may cache; the servers send
//     different ones.
//   - CPU time of children that have ended is known in ticks of 10 ms, so that a removal by a
//     server with a process for each session is known to a tick.
//   - A peer that is not installed, or fails, is reported and left out.
//
// Fetch and Send run one server after the other on the device:
//
//   - CPU time is that of the server, its children and, of fetchmail and getmail, of the program
//     that fetches. The command "pillarbox fetch" is not counted: a server fetches by its schedule.
//     Memory is private, the most that was seen; it is looked at each 30 ms.
//   - A row begins and ends with syncfs. It ends when all messages have arrived: in the mailbox of
//     the server, or at the smarthost with the queue empty. The slots of pillarbox are filled once
//     in a warm-up, after which the server starts again.
//   - Fetch leaves all messages at the provider, Debian's Dovecot, and fetches each mailbox once.
//     Octets on the line are counted by a proxy before the provider, TLS included and TCP not. Of
//     the polls of pillarbox by POP3 each fourth lists the mailbox: four polls have one of those.
//   - The large message has arrived when a message of its size is in the mailbox.
//   - The smarthost of Send is part of the program. A dead one closes each connection at once.
//     From what a retry writes, what a syncfs of an unchanged device writes is taken off.
package bench
