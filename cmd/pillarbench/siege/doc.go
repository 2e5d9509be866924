// Package siege is hostile clients of a server: a crowd of all kinds at once (Crowd), attacks of
// one kind that try to keep a known client out (Attacks), and a flood of the smallest messages
// (Flood). It reports what the clients did and how the server replied. The caller, which serves a
// known client meanwhile, judges whether the server withstood.
//
// The clients use loopback addresses: 127.0.0.0/8, and the IPv6 networks Network and Elsewhere,
// in which every address must be local:
//
//	ip -6 route add local fd00:1::/64 dev lo
//	ip -6 route add local fd00:2::/48 dev lo
//	sysctl net.ipv6.ip_nonlocal_bind=1
//
//	what               file
//	a hostile client   clients.go
//	the crowd          crowd.go
//	the attacks        attack.go: all of them, and those that hold connections; guesses.go
//	mail               flood.go: unfinished messages, and the flood of small ones
package siege
