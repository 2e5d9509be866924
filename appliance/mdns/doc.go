// Package mdns answers questions about the name and the services of this server on the local
// network (RFC 6762, RFC 6763), so that nas.local works without a DNS server.
//
// It is a responder alone: it sends no query but the probes for its names. In the mode auto it is
// quiet wherever another program has port 5353, such as avahi-daemon or umdns, which answer for the
// whole machine; it looks once a minute, and withdraws with a goodbye when one appears. It refuses
// to answer beyond the link, and to answer from an interface whose addresses may not connect.
//
//	socket (IPv4, IPv6) ─► filter in the kernel ─► message ─► zone of the interface ─► answer
//	                       drops answers of others  parsed     prebuilt records        one buffer
//
// Invariants:
//
//	N1  A packet causes no allocation: records are built when addresses or the name change, and an
//	    answer is copied from them into one buffer.
//	N2  The parser reads each octet of a message a bounded number of times: a name has at most 255
//	    octets, and a pointer leads backwards, at most 16 times.
//	N3  A name is announced only after it was free for three probes. A name that is taken gets -2, -3
//	    and so on.
//	N4  A record is multicast at most once a second on an interface, but to defend it.
//	N5  Whatever was announced is withdrawn with a TTL of 0 when Run returns.
//
// # Life of a name
//
//	three probes, 250 ms apart (§8.1) ── taken? ──► the next name
//	announced, twice, 1 s apart (§8.3)
//	answered and defended (§6, §9) ── another has it? ──► probed again
//	withdrawn (§10.1)
//
//	RFC 6762        file
//	§5.4, §6        answer.go    which records, unicast or multicast, delays, known answers (§7.1)
//	§8, §9, §10.1   announcement.go probes, announcements, conflicts, goodbye
//	                responder.go the life of a name
//	§8.2            tie.go       two that probe for one name at a time
//	§10, RFC 6763   zone.go      the records
//	§18, RFC 1035   message.go   the wire
//	§11, §14        link.go socket_linux.go port.go interfaces and sockets
//	                holders.go   who else has the port
//	                changes_linux.go whether addresses have changed (rtnetlink(7))
//
// Known to be missing: names of others that arrive in the middle of a packet are not compared with
// ours, because the filter passes only answers which begin with our name; a newcomer asks before it
// answers (§8.1), so that it learns of ours in time.
package mdns
