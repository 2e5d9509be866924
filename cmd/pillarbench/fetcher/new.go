package fetcher

import (
	"fmt"
	"os/exec"
	"strings"

	"pillarbox/cmd/pillarbench/server"
)

// byLDA is the end of the name of a fetchmail that starts Dovecot's delivery program for each
// message. getmail6 6.18 of Debian 12 often misses the end of such a program, and waits in vain: it
// has LMTP only.
const byLDA = "-lda"

// New makes a fetcher. A peer that is not installed is server.ErrMissing.
func New(o Options) (Fetcher, error) {
	program, lda := strings.CutSuffix(o.Name, byLDA)
	switch {
	case o.Name == server.Own:
		return newPillarbox(o)
	case program != "fetchmail" && o.Name != "getmail":
		return nil, fmt.Errorf("no fetcher is called %q: it is %s, fetchmail, fetchmail-lda or getmail", o.Name, server.Own)
	}
	if _, err := exec.LookPath(program); err != nil {
		return nil, fmt.Errorf("%s is %w", program, server.ErrMissing)
	}
	peer := server.NewPeer(o.Peers, "dovecot-maildir", o.Folder, o.Log)
	return &dovecot{Options: o, program: program, lda: lda, peer: peer}, nil
}
