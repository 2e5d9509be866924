package listen

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"pillarbox/appliance/config"
	"pillarbox/appliance/statedir"
)

func TestPortsAreKept(t *testing.T) {
	dir := t.TempDir()
	if p, err := LoadPorts(dir); err != nil || len(p) != 0 {
		t.Fatalf("got %v, %v", p, err)
	}
	want := Ports{110: 1110, 995: 995, 25: 1025}
	if err := want.Store(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadPorts(dir); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"110", "110 8080", "80 80", "110 1110 x", "x y"} {
		if err := os.WriteFile(filepath.Join(dir, statedir.PortsFile), []byte("# c\n\n"+bad+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadPorts(dir); err == nil || !strings.Contains(err.Error(), "ports:3:") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPortsAreChosenOnce(t *testing.T) {
	tests := []struct {
		name   string
		kept   Ports
		denied map[int]error
		port   int // 0: an error
		after  Ports
	}{
		{"permitted", Ports{}, nil, 110, Ports{110: 110}},
		{"not permitted", Ports{}, map[int]error{110: syscall.EACCES}, 1110, Ports{110: 1110}},
		{"in use", Ports{}, map[int]error{110: syscall.EADDRINUSE}, 0, Ports{}},
		{"not permitted, and the other in use", Ports{}, map[int]error{110: syscall.EACCES, 1110: syscall.EADDRINUSE}, 0, Ports{}},
		{"chosen, though the other is permitted now", Ports{110: 1110}, nil, 1110, Ports{110: 1110}},
		{"chosen and not permitted any more", Ports{110: 110}, map[int]error{110: syscall.EACCES}, 0, Ports{110: 110}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := 0
			_, err := tt.kept.open(110, func(port int) (*Listener, error) {
				if err := tt.denied[port]; err != nil {
					return nil, err
				}
				got = port
				return &Listener{}, nil
			})
			if got != tt.port || (err == nil) != (tt.port != 0) || !reflect.DeepEqual(tt.kept, tt.after) {
				t.Errorf("got %d, %v, kept %v; want %d, %v", got, err, tt.kept, tt.port, tt.after)
			}
		})
	}
}

// TestReplacedPorts: only the keys that are not written are served on other ports.
func TestReplacedPorts(t *testing.T) {
	c := config.Default()
	c.SMTP.Listen = []string{":25"}
	chosen := Ports{110: 1110, 995: 995, 25: 1025, 465: 1465}
	if got, want := chosen.replaced(c).String(), "1110 for 110, 1465 for 465"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
