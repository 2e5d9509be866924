package remote

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"pillarbox/appliance/durable"
	"pillarbox/appliance/remote/session"
)

// A condition is what the owner of an account is notified of, once until it has ended.
type condition string

const (
	needsLogin condition = "login"
	isFailing  condition = "failing"
	noRoom     condition = "full"
)

// failingAfter is how long an account has to fail before its owner is notified: the line may be
// down.
const failingAfter = 24 * time.Hour

// Notices notify owners about their accounts. A file has the conditions that were reported, so that
// a restart does not repeat them; it is written when one begins and when it ends.
type Notices struct {
	// Tell leaves a message for the owner of an account. text has lines that end in CRLF and do not
	// begin with a dot.
	Tell func(ctx context.Context, a *Account, subject, text string) error
	File string
	Log  *zap.Logger

	mu   sync.Mutex      // guards told
	told map[string]bool // "name condition"; nil: the file was not read
}

// mostNoticesFile bounds what is read of the file.
const mostNoticesFile = 64 << 10

// load reads the file. mu is held.
func (n *Notices) load() {
	if n.told != nil {
		return
	}
	n.told = make(map[string]bool)
	text, err := os.ReadFile(n.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.Log.Warn("reading what owners of remote accounts were told failed: it may be told again", zap.Error(err))
	}
	for line := range strings.Lines(string(text[:min(len(text), mostNoticesFile)])) {
		n.told[strings.TrimSpace(line)] = true
	}
}

// save writes the file. mu is held.
func (n *Notices) save() {
	text := ""
	for _, line := range slices.Sorted(maps.Keys(n.told)) {
		text += line + "\n"
	}
	if err := durable.Replace(n.File, []byte(text)); err != nil {
		n.Log.Warn("storing what owners of remote accounts were told failed: it may be told again", zap.Error(err))
	}
}

// begin notifies the owner of a condition, unless that was done. The file follows the message: a
// power cut between the two repeats it, the other order could lose the only one.
func (n *Notices) begin(ctx context.Context, a *Account, c condition, subject, text string) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.load()
	key := a.Name + " " + string(c)
	if n.told[key] || !n.tell(ctx, a, subject, text) {
		return
	}
	n.told[key] = true
	n.save()
}

// tell leaves a message, and reports whether that worked.
func (n *Notices) tell(ctx context.Context, a *Account, subject, text string) bool {
	if err := n.Tell(context.WithoutCancel(ctx), a, subject, text); err != nil {
		n.Log.Error("telling the owner of a remote account failed", zap.String("remote_account", a.Name), zap.Error(err))
		return false
	}
	return true
}

// end ends all conditions of an account: it works again.
func (n *Notices) end(a *Account) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.load()
	before := len(n.told)
	for _, c := range []condition{needsLogin, isFailing, noRoom} {
		delete(n.told, a.Name+" "+string(c))
	}
	if len(n.told) < before {
		n.Log.Info("remote account works again", zap.String("remote_account", a.Name), zap.String("user", a.Owner))
		n.save()
	}
}

// After notifies the owner of what a collection that ended with err means for the account.
func (n *Notices) After(ctx context.Context, a *Account, asks bool, failing time.Duration, err error) {
	if err == nil {
		n.end(a)
		return
	}
	e := session.As(err)
	switch {
	case e.Kind == session.Ended: // package grant notifies, once for fetching and sending
	case asks:
		n.begin(ctx, a, needsLogin, "Fetching mail from "+a.Name+" needs a new login", fmt.Sprintf(
			"The provider does not accept the login of %s any more,\r\nso no mail is fetched from there. It says:\r\n\r\n    %s\r\n\r\n"+
				"Nothing is lost: the messages wait at the provider. On the server, run\r\n\r\n    pillarbox remote login %s\r\n", a.User, e.Text, a.Name))
	case e.Kind == session.Full:
		n.begin(ctx, a, noRoom, "There is no room for mail from "+a.Name, fmt.Sprintf(
			"No mail is fetched from %s for now:\r\n\r\n    %s\r\n\r\n"+
				"Nothing is lost: the messages wait at the provider.\r\nFetching goes on by itself once messages were deleted here.\r\n", a.Name, e.Text))
	case failing >= failingAfter:
		n.begin(ctx, a, isFailing, "No mail was fetched from "+a.Name+" for a day", fmt.Sprintf(
			"Every attempt of the last day to fetch mail from %s\r\n(%s) has failed. The last time:\r\n\r\n    %s\r\n\r\n"+
				"Nothing is lost: the messages wait at the provider, and the attempts go on.\r\nOn the server, pillarbox remote list shows how it is going.\r\n", a.Name, a.Incoming, e.Text))
	}
}
