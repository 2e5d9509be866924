package appliance

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/spool/flash"
)

func TestPortsAreKept(t *testing.T) {
	dir := t.TempDir()
	if p, err := loadPorts(dir); err != nil || len(p) != 0 {
		t.Fatalf("got %v, %v", p, err)
	}
	want := ports{110: 1110, 995: 995, 25: 1025}
	if err := want.store(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := loadPorts(dir); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"110", "110 8080", "80 80", "110 1110 x", "x y"} {
		if err := os.WriteFile(filepath.Join(dir, portsFile), []byte("# c\n\n"+bad+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadPorts(dir); err == nil || !strings.Contains(err.Error(), "ports:3:") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPortsAreChosenOnce(t *testing.T) {
	tests := []struct {
		name   string
		kept   ports
		denied map[int]error
		port   int // 0: an error
		after  ports
	}{
		{"permitted", ports{}, nil, 110, ports{110: 110}},
		{"not permitted", ports{}, map[int]error{110: syscall.EACCES}, 1110, ports{110: 1110}},
		{"in use", ports{}, map[int]error{110: syscall.EADDRINUSE}, 0, ports{}},
		{"not permitted, and the other in use", ports{}, map[int]error{110: syscall.EACCES, 1110: syscall.EADDRINUSE}, 0, ports{}},
		{"chosen, though the other is permitted now", ports{110: 1110}, nil, 1110, ports{110: 1110}},
		{"chosen and not permitted any more", ports{110: 110}, map[int]error{110: syscall.EACCES}, 0, ports{110: 110}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := 0
			_, err := tt.kept.open(110, func(port int) (*listener, error) {
				if err := tt.denied[port]; err != nil {
					return nil, err
				}
				got = port
				return &listener{}, nil
			})
			if got != tt.port || (err == nil) != (tt.port != 0) || !reflect.DeepEqual(tt.kept, tt.after) {
				t.Errorf("got %d, %v, kept %v; want %d, %v", got, err, tt.kept, tt.port, tt.after)
			}
		})
	}
}

// free is a volume of which only the free space matters.
type free struct {
	flash.Volume
	bytes int64
}

func (f free) Free() (int64, error) { return f.bytes, nil }

func TestCapacity(t *testing.T) {
	const mib, gib = int64(1) << 20, int64(1) << 30
	tests := []struct {
		name             string
		written          config.Size
		free, used, want int64 // want 0: an error
	}{
		{"a large disk", 0, 100 * gib, 0, gib},
		{"half of a small one", 0, gib, 0, gib / 2},
		{"half of it at a later start, too", 0, gib - 300*mib, 300 * mib, gib / 2},
		{"never less than a spool needs", 0, 120 * mib, 0, 100 * mib},
		{"a full disk at a later start", 0, 0, 100 * mib, 100 * mib},
		{"no room for a new spool", 0, 99 * mib, 0, 0},
		{"what is written holds", config.Size(200 * mib), 10 * mib, 0, 200 * mib},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := config.Default() // slots of 4 MiB, mails of 50 MiB
			c.Spool.Capacity = tt.written
			got, err := capacityOf(c, free{bytes: tt.free}, tt.used)
			if got != tt.want || (err == nil) != (tt.want != 0) {
				t.Errorf("got %v, %v, want %v", config.Size(got), err, config.Size(tt.want))
			}
		})
	}
}
