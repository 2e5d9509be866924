package listen

import (
	"errors"
	"strconv"
	"syscall"

	"go.uber.org/zap"

	"pillarbox/appliance/config"
)

// pagePorts are the ports that are used where the standard ones of the page are taken or not
// permitted.
var pagePorts = map[int]int{80: 1080, 443: 1443}

// OpenPage opens the listeners of the page. One that cannot be opened is off, with a warning,
// whatever the reason is.
func OpenPage(c *config.Config, o Options) *Set {
	s := &Set{o: o}
	o.Rights.AsRoot(func() error {
		for _, row := range PageTable(c) {
			s.openPageRow(row)
		}
		return nil
	})
	for _, off := range s.off {
		o.Log.Warn("the page is off at this address; mail is not affected", zap.String("key", off.row.Key), zap.String("at", off.addr), zap.Error(off.err))
	}
	return s
}

func (s *Set) openPageRow(row Row) {
	addrs := row.Addrs
	if addrs == nil {
		for _, port := range row.Standard {
			addrs = append(addrs, ":"+strconv.Itoa(port))
		}
	}
	for i, addr := range addrs {
		one, err := row.open(addr)
		if row.Addrs == nil && (errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES)) {
			if other, second := row.open(":" + strconv.Itoa(pagePorts[row.Standard[i]])); second == nil {
				one, err = other, nil
			}
		}
		if err != nil {
			s.off = append(s.off, off{row, addr, err})
			continue
		}
		s.open = append(s.open, one)
	}
}
