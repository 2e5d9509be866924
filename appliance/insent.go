package appliance

import (
	"context"
	"errors"
	"fmt"

	"pillarbox/appliance/config"
)

// errNoSent is why the folder of sent mail says nothing.
var errNoSent = errors.New("the folder of sent mail says nothing: it is read by IMAP, at providers that put what is sent there themselves")

// inSent reports whether a message lies in the folder of sent mail of an account, where its
// provider has put it. A copy that only a mail client has put there has no trace of this server,
// and does not count.
func (m *collecting) inSent(ctx context.Context, name, messageID string) (bool, error) {
	account, ok := m.account(name)
	if !ok {
		return false, fmt.Errorf("%q is no remote account any more", name)
	}
	at := account.At()
	if account.Fetch != config.FetchIMAP || account.Reason != "" || at == nil || !at.Keeps {
		return false, errNoSent
	}
	asked := *account
	asked.Folders = []string{"Sent"}
	one, err := m.Collector.Open(ctx, &asked)
	if err != nil {
		return false, err
	}
	defer one.Wait()
	found, err := one.Find(messageID)
	if err != nil {
		return false, err
	}
	return found, one.Close()
}
