package hostile

import (
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	before := resources{memory: 3 << 20, descriptors: 31, threads: 8}
	tests := []struct {
		name  string
		after resources
		want  string // part of the error; "" if there is none
	}{
		{"as before", before, ""},
		{"less than before", resources{memory: 1 << 20, descriptors: 20}, ""},
		{"as much as it may", resources{memory: before.memory + KeepMemory, descriptors: before.descriptors + keptDescriptors, threads: 20}, ""},
		{"memory", resources{memory: before.memory + KeepMemory + 1024, descriptors: 31}, "private memory has grown by 2049 KiB"},
		{"descriptors", resources{memory: before.memory, descriptors: 36}, "5 descriptors are left"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := checkGrowth(before, test.after, KeepMemory)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// TestLimitOfTheWhole: a server may hold less than it may have grown by.
func TestLimitOfTheWhole(t *testing.T) {
	h := &run{Options: Options{KeepMemory: 2048}}
	before, after := resources{memory: 3 << 20}, resources{memory: 4 << 20}
	if err := h.judgeRelease(before, after, 0); err != nil {
		t.Error(err)
	}
	if err := h.judgeRelease(before, after, 4<<20); err != nil {
		t.Error(err)
	}
	const want = "private memory is 4096 KiB after the attack, the limit is 4095"
	if err := h.judgeRelease(before, after, 4095<<10); err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// TestOrigins checks that the runtime's own goroutines do not count.
func TestOrigins(t *testing.T) {
	const dump = "goroutine 1 [select]:\nmain.main()\n\ngoroutine 2 [force gc (idle)]:\nruntime.goparkunlock(...)\ncreated by runtime.init.7 in goroutine 1\n\n" +
		"goroutine 9 [IO wait]:\npillarbox/pop3.(*session).serve(0x1)\ncreated by sync.(*WaitGroup).Go in goroutine 5\n"
	if got := countGoroutines([]byte(dump)); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
}
