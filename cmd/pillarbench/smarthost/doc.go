// Package smarthost is the outgoing server of a provider, for benchmarks of queues: SMTP over TLS
// from the first octet, with a login. It stores nothing, counts what it takes, and can be dead.
package smarthost
