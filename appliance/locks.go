package appliance

import "pillarbox/pop3"

// maildropLocks are the sessions that have a maildrop open where lock = "exclusive". They outlive a
// reload.
type maildropLocks = pop3.Locks
