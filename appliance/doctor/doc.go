// Package doctor judges what pillarbox doctor and the page show: each check says OK, WARN or FAIL,
// what was found, and what to do.
//
// A check takes values and returns findings; who calls it gathers the values, from a running server
// or from its files. Some checks look for themselves: Listeners connects, Folder reads the file
// system, Name queries the resolver. Nothing is changed, and no check connects beyond this machine,
// but for the question to the resolver.
//
// Invariants:
//
//	D1  A finding that is not OK says what to do, in a command or a key of the configuration.
//	D2  FAIL is what keeps mail from being received, stored or collected; WARN is what will, or what
//	    makes it less safe. The exit code is 1 if a check fails.
//	D3  A check ends within 3 s for each address that it looks at.
//	D4  No finding holds a password, a subject or a mail address of a correspondent.
//
//	finding.go   levels and lists
//	network.go   listeners, names, the page, multicast DNS
//	machine.go   state directory, clock, memory, descriptors (statfs(2), proc_pid_mounts(5))
//	service.go   spool, health checks, watchdog
//	identity.go  certificate, accounts, devices
package doctor
