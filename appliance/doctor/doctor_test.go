package doctor

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	lan  = netip.MustParseAddr("192.168.7.2")
)

// TestFindings provokes each finding once. want is the level and a part of the text.
func TestFindings(t *testing.T) {
	year := 365 * 24 * time.Hour
	good := Certificate{From: noon.Add(-year), Until: noon.Add(year), Hostname: "nas.lan", Names: []string{"NAS.lan"}, Addrs: []netip.Addr{lan}, Constrained: true}
	certificate := func(change func(*Certificate)) []Finding {
		c := good
		change(&c)
		return c.Check(noon, []netip.Addr{lan, netip.MustParseAddr("2001:db8::1")})
	}
	spool := func(s Spool) []Finding {
		s.Capacity = 100 << 20
		return s.Check()
	}
	health := func(h Health) []Finding {
		if h.Device == "" {
			h.Device = "none"
		}
		return h.Check()
	}
	one := func(f Finding) []Finding { return []Finding{f} }
	tests := []struct {
		name string
		got  []Finding
		want string
	}{
		{"configuration", Configuration("p.toml", nil, nil), "OK p.toml"},
		{"a mistake", Configuration("", nil, errors.New("p.toml:3: no")), "FAIL p.toml:3: no"},
		{"a warning", Configuration("p.toml", []string{"odd"}, nil), "WARN odd"},
		{"no server", one(Stopped(errors.New("does not run"))), "FAIL does not run"},
		{"no rights", one(NotPermitted(errors.New("no access"))), "FAIL could not be examined: no access"},

		{"certificate", certificate(func(*Certificate) {}), "OK is valid until 2027-11-30"},
		{"expired", certificate(func(c *Certificate) { c.Until = noon.Add(-time.Hour) }), "FAIL has expired"},
		{"not valid yet", certificate(func(c *Certificate) { c.From = noon.Add(time.Hour) }), "FAIL is valid only from"},
		{"own, expires soon", certificate(func(c *Certificate) { c.Own, c.Until = true, noon.Add(time.Hour) }), "WARN expires on"},
		{"for another name", certificate(func(c *Certificate) { c.Hostname = "box.lan" }), "FAIL is not for box.lan"},
		{"without the address", certificate(func(c *Certificate) { c.Addrs = nil }), "WARN is not for the address 192.168.7.2"},
		{"names outside", certificate(func(c *Certificate) { c.Outside = []string{"x.example"} }), "WARN the authority does not permit x.example"},
		{"old authority", certificate(func(c *Certificate) { c.Constrained = false }), "WARN the authority can sign for every"},

		{"clock", one(Clock(noon, noon.Add(-year), true)), "OK is trusted"},
		{"clock at the start", one(Clock(noon, noon.Add(-year), false)), "OK is plausible"},
		{"clock in the past", one(Clock(time.Unix(0, 0), noon, true)), "FAIL says 1970"},
		{"clock in the future", one(Clock(noon.Add(30*year), noon, true)), "FAIL says 2056"},

		{"limits", Limits(64<<20, 1<<30, 1024), "OK 64 MiB"},
		{"much of a small machine", Limits(100<<20, 128<<20, 1024), "WARN the server may take 100 of 128 MiB"},
		{"few descriptors", Limits(64<<20, 1<<30, 256), "WARN only 256 open files"},

		{"spool", spool(Spool{Live: 10 << 20}), "OK 10% of 100 MiB"},
		{"spool read-only", spool(Spool{ReadOnly: true}), "FAIL is read-only"},
		{"spool full", spool(Spool{Live: 81 << 20}), "FAIL 81% are in use"},
		{"spool nearly full", spool(Spool{Live: 70 << 20}), "WARN 70% are in use"},
		{"faults", spool(Spool{Faults: 2, LastFault: "input/output error"}), "FAIL 2 writes or flushes have failed: input/output error"},
		{"damage", spool(Spool{Damaged: 1}), "FAIL 1 messages are damaged"},
		{"hidden", spool(Spool{Hidden: 100}), "FAIL about 100 messages are hidden"},
		{"crowded", spool(Spool{Crowded: true}), "FAIL has too many messages"},
		{"wear", spool(Spool{Written: 100 << 30, Age: 100 * 24 * time.Hour}), "WARN at this rate the flash lasts 292 days"},

		{"health", health(Health{}), "OK all health checks pass"},
		{"a check fails", health(Health{Faults: []string{"pop3: no greeting"}}), "FAIL pop3: no greeting"},
		{"degraded", health(Health{Degraded: []string{"other ports"}}), "WARN other ports"},
		{"unreachable", health(Health{Unreachable: []string{"not forwarded"}}), "FAIL not forwarded"},
		{"a forced start", health(Health{Last: "disk"}), "WARN the last start was forced: disk"},
		{"watchdog", health(Health{Device: "/dev/watchdog0", Timeout: time.Minute}), "OK /dev/watchdog0 is fed"},

		{"accounts", Accounts(2, 1, nil, nil, nil), "OK 2, of which 1"},
		{"no account", Accounts(0, 0, nil, nil, nil), "FAIL there is none"},
		{"no administrator", Accounts(1, 0, nil, nil, nil), "WARN nobody may add people"},
		{"unknown administrator", Accounts(1, 1, []string{"x"}, nil, nil), "WARN web.admins names accounts that do not exist: x"},
		{"aliases", Accounts(1, 1, nil, []string{"x"}, nil), "WARN aliases without a mailbox"},
		{"odd names", Accounts(1, 1, nil, nil, []string{"-x"}), "WARN names that new accounts may not have: -x"},
		{"plain", one(Plain([]string{"anna from 192.168.7.3"})), "WARN logged in without TLS: anna"},
		{"none plain", one(Plain(nil)), "OK none"},

		{"announced", one(Multicast("auto", "nas.local", "")), "OK announces nas.local"},
		{"switched off", one(Multicast("off", "", "switched off")), "OK is switched off"},
		{"another responder", one(Multicast("auto", "", "another program has it")), "OK another program"},
		{"no network", one(Multicast("auto", "", "no interface")), "WARN announces nothing"},
		{"page", one(Page([]Listener{{Protocol: "http", Address: "[::]:80"}}, false)), "OK is served on port 80"},
		{"page elsewhere", one(Page([]Listener{{Protocol: "http", Address: ":1080"}}, false)), "WARN port 80 is not served"},
		{"page elsewhere, as configured", one(Page([]Listener{{Protocol: "http", Address: ":1080"}}, true)), "OK is served on port 1080, as configured"},
		{"no page", one(Page([]Listener{{Protocol: "http", Address: ":80", Off: "taken"}}, true)), "WARN no port is open"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			level, text, _ := strings.Cut(test.want, " ")
			for _, f := range test.got {
				if (f.Fix == "") != (f.Level == OK) {
					t.Errorf("%v %s: to do: %q", f.Level, f.Text, f.Fix)
				}
			}
			for _, f := range test.got {
				if f.Level.String() == level && strings.Contains(f.Text, text) {
					if Failed(test.got) != (level == "FAIL") {
						t.Errorf("Failed is %v", Failed(test.got))
					}
					return
				}
			}
			t.Errorf("got %+v", test.got)
		})
	}
}

func TestName(t *testing.T) {
	for want, found := range map[Level][]netip.Addr{OK: {netip.MustParseAddr("192.168.7.9"), lan}, Warn: nil, Fail: {netip.MustParseAddr("192.168.7.9")}} {
		f := Name(t.Context(), "nas.lan", []netip.Addr{lan}, func(context.Context, string) ([]netip.Addr, error) { return found, nil })
		if f.Level != want {
			t.Errorf("%v: %+v", found, f)
		}
	}
}

// TestFolder looks at a real directory, with tables of mounts of its own.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	os.Chmod(dir, 0o700)
	tests := []struct {
		name, mounts string
		path         string
		mode         os.FileMode
		want         string
	}{
		{"well", "/dev/sda / ext4 rw,noatime 0 0\n", dir, 0o700, "OK"},
		{"read-only", "/dev/sda / ext4 rw 0 0\n/dev/sdb " + dir + " ext4 ro,noatime 0 0\n", dir, 0o700, "FAIL " + dir + " is mounted read-only"},
		{"worn", "/dev/sda / ext4 rw,sync 0 0\n", dir, 0o700, "WARN / is mounted with rw,sync"},
		{"readable by others", "", dir, 0o755, "WARN " + dir + " has the mode"},
		{"missing", "", filepath.Join(dir, "no"), 0o700, "FAIL stat"},
	}
	for _, test := range tests {
		os.Chmod(dir, test.mode)
		all := Folder(test.path, strings.NewReader(test.mounts), true)
		if text := all[0].Level.String() + " " + all[0].Text; !strings.HasPrefix(text, test.want) {
			t.Errorf("%s: %q", test.name, text)
		}
	}
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		if all := Folder("/dev/shm", nil, false); !Failed(all) {
			t.Errorf("in memory: %+v", all)
		}
	}
}

// A server that greets, one that greets otherwise, one that is silent and none.
func TestListeners(t *testing.T) {
	serve := func(greeting string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				io.WriteString(conn, greeting)
				conn.Close()
			}
		}()
		return l.Addr().String()
	}
	closed := serve("")
	for _, test := range []struct {
		name string
		l    Listener
		want string
	}{
		{"well", Listener{Protocol: "pop3", Address: serve("+OK ready\r\n")}, "OK answers at 127.0.0.1"},
		{"another program", Listener{Protocol: "smtp", Address: serve("SSH-2.0\r\n")}, `FAIL does not answer at 127.0.0.1: another program answers: "SSH-2.0"`},
		{"no greeting", Listener{Protocol: "smtp", Address: closed}, "FAIL does not answer at 127.0.0.1: no greeting"},
		{"no TLS", Listener{Protocol: "pop3", Address: serve("+OK ready\r\n"), Implicit: true}, "FAIL does not answer at 127.0.0.1: TLS"},
		{"nobody", Listener{Protocol: "pop3", Address: "127.0.0.1:1"}, "FAIL does not answer at 127.0.0.1: dial"},
		{"off", Listener{Protocol: "pop3", Address: ":110", Off: "taken"}, "FAIL is off: taken"},
		{"the page is off", Listener{Protocol: "http", Address: ":80", Off: "taken", Optional: true}, "WARN is off: taken"},
		{"local socket", Listener{Protocol: "lmtp", Address: "unix:/run/lmtp"}, "OK is a local socket"},
	} {
		all := Listeners(t.Context(), []Listener{test.l}, netip.Addr{})
		if text := all[0].Level.String() + " " + all[0].Text; !strings.HasPrefix(text, test.want) {
			t.Errorf("%s: %q", test.name, text)
		}
	}
}
