package appliance

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pillarbox/appliance/config"
	"pillarbox/spool/flash"
	"pillarbox/watchdog/watchdogtest"
)

// routerWithTimer is a machine whose procd has just started the server again, and its timer with
// it.
func routerWithTimer(t *testing.T) (root string, bus *watchdogtest.Ubusd) {
	t.Helper()
	root = t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "var/run/ubus"), 0o755); err != nil {
		t.Fatal(err)
	}
	bus, err := watchdogtest.ServeUbusd(filepath.Join(root, "var/run/ubus/ubus.sock"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	bus.Arm(10)
	bus.Respawn()
	return root, bus
}

// TestTimerOffWhileSpoolOpens: a spool that opens for longer than procd waits must not end the
// server in its start. A server that feeds nothing any more is not ended either.
func TestTimerOffWhileSpoolOpens(t *testing.T) {
	for device, want := range map[string]watchdogtest.Timer{
		"procd": {Mode: 2, Seconds: 60, Runs: true},
		"auto":  {Mode: 2, Seconds: 60, Runs: true},
		"none":  {Mode: 0, Seconds: 60},
	} {
		t.Run(device, func(t *testing.T) {
			root, bus := routerWithTimer(t)
			c := settings(t.TempDir())
			c.Watchdog.Device, c.Watchdog.Timeout = device, config.Duration(time.Minute)
			opened := false
			b := start(t, c, Options{Root: root, volume: func(v flash.Volume) flash.Volume {
				opened = true
				if bus.Timer().Runs {
					t.Error("the timer of procd runs while the spool is opened")
				}
				return v
			}})
			if got := bus.Timer(); !opened || got != want {
				t.Errorf("the timer of a server that runs is %+v, want %+v", got, want)
			}
			b.stop()
			if bus.Timer().Runs {
				t.Error("the timer runs after a stop")
			}
		})
	}
}
