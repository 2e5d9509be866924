package admin

import (
	"fmt"
	"strings"

	"pillarbox/appliance/config"
	"pillarbox/appliance/listen"
	"pillarbox/appliance/statedir"
	"pillarbox/appliance/storage"
)

// An Effective is one key of the configuration, its value in force, and where that comes from.
type Effective struct{ Key, Value, From string }

// EffectiveOf returns every key with the value in force on this machine, in TOML, where the
// configuration leaves it to the machine, too.
func EffectiveOf(c *config.Config) (list []Effective) {
	chosen := map[string]string{
		"service.memory": fmt.Sprintf("%q", config.Size(storage.MemoryOf(c)).String()),
	}
	addrs := map[string][]string{}
	var kept listen.Ports // without rights: the standard ones
	statedir.AsOwner(c.State, func(state string) (err error) {
		kept, err = listen.LoadPorts(state)
		return err
	})
	for _, l := range listen.Configured(c, kept) {
		addrs[l.Key] = append(addrs[l.Key], fmt.Sprintf("%q", l.Address))
	}
	for key, list := range addrs {
		chosen[key] = "[" + strings.Join(list, ", ") + "]"
	}
	for _, s := range c.Settings() {
		from := "default"
		if s.Line > 0 {
			from = fmt.Sprintf("%s:%d", c.File, s.Line)
		}
		if s.Variable != "" {
			from = "environment variable " + s.Variable
		}
		value, ok := chosen[s.Key]
		if !ok || s.Line > 0 || s.Variable != "" {
			value = s.Value
		}
		switch {
		case s.Key == "spool.capacity" && c.Spool.Capacity == 0:
			value, from = `"1GiB"`, "default: half of the free space, at most this"
		case s.Key == "spool.slot" && c.Spool.Slot == 0:
			value, from = fmt.Sprintf("%q", c.Spool.SlotFor(int64(c.Spool.Capacity)).String()), "default: at most this, for a new spool"
		case s.Line == 0 && s.Variable == "" && s.Key == "hostname":
			from = "default: the name of this machine"
		}
		list = append(list, Effective{s.Key, value, from})
	}
	return list
}
