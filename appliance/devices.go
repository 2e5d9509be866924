package appliance

import (
	"crypto/tls"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sort"
	"sync"
	"time"

	"pillarbox/appliance/access"
	"pillarbox/appliance/accounts"
)

// mostDevices is how many mail clients of an account are remembered.
const mostDevices = 8

// A deviceSeen is a mail client that has logged in, 100 octets.
type deviceSeen struct {
	view     string // of the mailbox, as "anna+phone"; the account's name for no view
	from     netip.Addr
	protocol string
	tls      uint16 // version; 0: none
	at       time.Time
}

// devices are the mail clients that have logged in since the start, in memory alone, as latest.
type devices struct {
	mu   sync.Mutex
	seen map[string][]deviceSeen // by account
}

// note remembers a login. The same client is one row: the same view, or for logins without one
// the same address.
func (d *devices) note(account, view string, conn net.Conn, protocol string, now time.Time) {
	row := deviceSeen{view: view, from: access.AddrOf(conn), protocol: protocol, tls: versionOf(conn), at: now}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil {
		d.seen = map[string][]deviceSeen{}
	}
	rows := slices.DeleteFunc(d.seen[account], func(r deviceSeen) bool {
		return r.protocol == protocol && r.view == view && (view != account || r.from == row.from)
	})
	if len(rows) >= mostDevices {
		rows = slices.Delete(rows, 0, len(rows)-mostDevices+1) // the oldest
	}
	d.seen[account] = append(rows, row)
}

// versionOf returns the version of TLS of a connection; 0 without.
func versionOf(conn net.Conn) uint16 {
	if secured, ok := conn.(interface{ ConnectionState() tls.ConnectionState }); ok {
		return secured.ConnectionState().Version
	}
	return 0
}

// keep drops what belongs to accounts that were removed.
func (d *devices) keep(table *accounts.Table) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.seen, func(name string, _ []deviceSeen) bool {
		_, exists := table.Lookup(name)
		return !exists
	})
}

// of returns the clients of an account, the latest first.
func (d *devices) of(account string) []deviceSeen {
	d.mu.Lock()
	defer d.mu.Unlock()
	rows := slices.Clone(d.seen[account])
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].at.UnixNano() > rows[j].at.UnixNano() })
	return rows
}

// from returns when a client last logged in from an address; the zero time if none has.
func (d *devices) from(addr netip.Addr) (last time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, rows := range d.seen {
		for _, r := range rows {
			if r.from == addr && r.at.After(last) {
				last = r.at
			}
		}
	}
	return last
}

// plain returns the clients whose password came without TLS, but for those of this machine.
func (d *devices) plain() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, account := range slices.Sorted(maps.Keys(d.seen)) {
		for _, r := range d.seen[account] {
			if r.tls == 0 && r.from.IsValid() && !r.from.IsLoopback() {
				list = append(list, r.view+" from "+r.from.String())
			}
		}
	}
	return list
}
