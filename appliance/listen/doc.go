// Package listen opens the listeners of the configuration and accepts connections.
//
// It chooses ports, admits or refuses clients by the table of package access, starts sessions, ends
// them at a stop, and answers health probes. It speaks no protocol: servers are interfaces.
//
//	configuration ──► Table ──► Set (open, off) ──► Acceptor ──► access.Table ──► Server
//	                                 └─ Answered (health probe) ─┘
//
// # Life of a connection
//
// Accept → is its address in allow? → admitted by access.Table, or refused in one line → served by
// the server of the rules in force → removed from Sessions and from the table.
//
// # Ports
//
// A process that may not listen below 1024 takes a high port in place of each standard one. The
// choice is written into the state directory, because clients are set up by it; it is final once a
// client has logged in. An address that another program uses is off: the next reload or start tries
// it again. A start fails only if no POP3 listener is left.
//
// # Files
//
//	listener.go  keys, protocols, one address   ports.go      the ports in place of standard ones
//	bind.go      trying an address              set.go        the listeners that are open or off
//	sessions.go  sessions, spare descriptor     accept.go     Acceptor
//	probe.go     health probes                  handshake.go  TLS handshakes that fail
package listen
