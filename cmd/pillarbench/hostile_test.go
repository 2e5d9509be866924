package main

import (
	"net/netip"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	before := standing{memory: 3 << 20, descriptors: 31, threads: 8}
	tests := []struct {
		name  string
		after standing
		want  string // in the verdict; "": it has kept nothing
	}{
		{"as before", before, ""},
		{"less than before", standing{memory: 1 << 20, descriptors: 20}, ""},
		{"as much as it may", standing{memory: before.memory + keepMemory, descriptors: before.descriptors + keepDescriptors, threads: 20}, ""},
		{"memory", standing{memory: before.memory + keepMemory + 1024, descriptors: 31}, "private memory has grown by 2049 KiB"},
		{"descriptors", standing{memory: before.memory, descriptors: 36}, "5 descriptors are left"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := judge(before, test.after, keepMemory)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestAddresses: hostile clients never come from the good one's address, and those of their own never come twice.
func TestAddresses(t *testing.T) {
	s := &siege{}
	seen := map[netip.Addr]bool{}
	for n := range 40000 {
		for _, of := range []int{0, 16} {
			addr := s.address(n+1, of).AddrPort().Addr().Unmap()
			if addr == netip.MustParseAddr("127.0.0.1") || !addr.IsLoopback() {
				t.Fatalf("%v is used", addr)
			}
			if of == 0 && seen[addr] {
				t.Fatalf("%v comes twice", addr)
			}
			seen[addr] = true
		}
	}
}

// TestOrigins: the runtime's own goroutines are told from others.
func TestOrigins(t *testing.T) {
	const dump = "goroutine 1 [select]:\nmain.main()\n\ngoroutine 2 [force gc (idle)]:\nruntime.goparkunlock(...)\ncreated by runtime.init.7 in goroutine 1\n\n" +
		"goroutine 9 [IO wait]:\npillarbox/pop3.(*session).serve(0x1)\ncreated by sync.(*WaitGroup).Go in goroutine 5\n"
	if got := countRoutines([]byte(dump)); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}
