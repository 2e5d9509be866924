package admin

import (
	"errors"
	"fmt"
	"io/fs"

	"pillarbox/appliance/config"
	"pillarbox/appliance/remote/secret"
	"pillarbox/appliance/statedir"
)

// checkRemotes returns which remote accounts need a login, with the command.
func checkRemotes(c *config.Config) (warnings []string) {
	c = WithRemotes(c, func(string, error) {})
	for _, name := range c.Remotes() {
		r := c.Remote[name]
		var kept *secret.Secret
		err := statedir.AsOwner(c.State, func(state string) (err error) {
			kept, err = secret.Load(state, name)
			return err
		})
		why := ""
		switch {
		case errors.Is(err, fs.ErrNotExist):
			why = "it has no login yet: pillarbox remote login " + name
		case err != nil:
			continue // it may not be read by this user, or the server tells what is wrong with it
		case !kept.Fits(r.Incoming, r.Outgoing, r.Pin):
			why = "its login was given for other servers: pillarbox remote login " + name
		case r.OAuth() || kept.Grant != nil:
			why = kept.Grant.Trouble(name, r.ClientID)
		}
		if why != "" {
			warnings = append(warnings, fmt.Sprintf("remote.%s: %s", name, why))
		}
	}
	return warnings
}
