package board

import (
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	for _, row := range []struct {
		name      string
		opts      Options
		has, lack []string
	}{
		{"a board reaches nobody", Options{Ports: []int{25}},
			[]string{"-netdev user,restrict=on,hostfwd=tcp:127.0.0.1:0-10.0.2.15:25,id=n "}, nil},
		{"or this machine alone", Options{Outside: true, Ports: []int{25}},
			[]string{"-netdev user,ipv6=off,hostfwd=tcp:127.0.0.1:0-10.0.2.15:25,id=n "}, []string{"restrict"}},
		{"the cache of its disk is written through on demand alone", Options{Disk: "/s/nbd"},
			[]string{"cache=writeback,discard=unmap,file=nbd+unix:///?socket=/s/nbd"}, nil},
		{"without a watchdog a reset is its end", Options{Memory: 64}, []string{"-no-reboot", "-m 64 "}, []string{"i6300esb"}},
		{"with one it comes up again", Options{Watchdog: true}, []string{"-device i6300esb", "watchdog=reset"}, []string{"-no-reboot"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.opts.Machine = Machines[0]
			b := &Board{opts: row.opts}
			line := strings.Join(b.arguments("/s/qmp"), " ") + " "
			for _, text := range row.has {
				if !strings.Contains(line, text) {
					t.Errorf("no %q in %s", text, line)
				}
			}
			for _, text := range row.lack {
				if strings.Contains(line, text) {
					t.Errorf("%q in %s", text, line)
				}
			}
		})
	}
}
