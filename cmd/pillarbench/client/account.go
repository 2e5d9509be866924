package client

import "fmt"

// Password is the password of every account that a benchmark or test makes. It has no blanks,
// because Mailpit accepts none.
const Password = "bench-bench-bench"

// MaxConnections is the largest number of connections that deliver mail at a time. Each has a
// mailbox of its own.
const MaxConnections = 16

// Mailbox returns the name of the i-th connection's mailbox. Each connection has its own, so that
// no server waits for the lock of a mailbox.
func Mailbox(i int) string { return fmt.Sprintf("bench%d", i) }

// Mailboxes are the mailboxes of the tests that look for lost messages.
var Mailboxes = [...]string{"anna", "bert"}
