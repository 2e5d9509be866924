// Package queue has queues of outgoing mail, before a smarthost (package smarthost): pillarbox and
// Postfix. A client hands messages to them over TLS.
package queue
