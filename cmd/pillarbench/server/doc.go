// Package server starts and stops the mail servers that are measured: pillarbox itself (Pillarbox),
// other servers by a script (Peer, scripts/peers.sh), or one that runs already (Running).
//
// The script prints the addresses and the process of a server that it has started. All that a
// server writes is below one folder, except its log. Each connection that delivers has its own
// mailbox, so that no server waits for the lock of a mailbox.
package server
