package index

import "pillarbox/spool/format"

// Remember takes remote ids into the index, and notes that they are in a segment.
func (d *Data) Remember(g format.RemoteSet, home uint64) {
	d.RemoteHomes[home] = struct{}{}
	ids := d.Remotes[g.Account]
	if ids == nil {
		ids = &IDs{}
		d.Remotes[g.Account] = ids
	}
	if len(g.IDs) == 1 {
		ids.Add(g.IDs[0].ID)
		return
	}
	all := make([]ID, len(g.IDs))
	for i := range g.IDs {
		all[i] = g.IDs[i].ID
	}
	ids.AddAll(all)
}

// HasRemote reports whether an account at a provider has an id.
func (d *Data) HasRemote(account uint64, id ID) bool {
	ids := d.Remotes[account]
	return ids != nil && ids.Has(id)
}

// Today returns the day by the wall clock.
func (d *Data) Today() uint16 { return d.opt.Today() }

// HasRemote is Data.HasRemote.
func (x *Index) HasRemote(account uint64, id ID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.data.HasRemote(account, id)
}

// RemoteCount returns how many ids an account at a provider has.
func (x *Index) RemoteCount(account uint64) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	if ids := x.data.Remotes[account]; ids != nil {
		return ids.Len()
	}
	return 0
}

// RemoteIDs returns a copy of the ids of an account at a provider, sorted.
func (x *Index) RemoteIDs(account uint64) []ID {
	x.mu.Lock()
	defer x.mu.Unlock()
	if ids := x.data.Remotes[account]; ids != nil {
		return ids.All()
	}
	return nil
}

// ForgetRemotes removes the ids that gone reports, which is called with the lock held.
func (x *Index) ForgetRemotes(account uint64, gone func(ID) bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if ids := x.data.Remotes[account]; ids != nil {
		ids.Remove(gone)
	}
}

// EpochOf returns the open that has a tag; 0 if there is none.
func (x *Index) EpochOf(tag uint64) uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	for epoch, other := range x.data.Tags {
		if other == tag {
			return epoch
		}
	}
	return 0
}
