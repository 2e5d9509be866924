package flash

import (
	"strings"
	"testing"
)

// table is what a router, a NAS and a container may have mounted.
const table = `22 27 0:20 / /sys rw,nosuid - sysfs sysfs rw
27 1 179:2 / / rw,noatime - ext4 /dev/mmcblk0p2 rw,commit=600
nonsense
28 27 179:3 / /srv/my\040mail rw - ext4 /dev/mmcblk0p3 rw,nobarrier
29 27 179:4 / /srv/old rw - ext4 /dev/mmcblk0p4 rw,barrier=0,data=journal,commit=30
30 27 179:5 / /srv/f2 rw shared:5 master:2 - f2fs /dev/mmcblk0p5 rw,background_gc=on,fsync_mode=nobarrier
31 27 179:6 / /srv/kind rw - f2fs /dev/mmcblk0p6 rw,fsync_mode=posix
32 27 8:1 / /srv/x rw - xfs /dev/sda1 rw,attr2
33 27 0:30 / /run rw - tmpfs tmpfs rw
34 27 0:31 / /live rw - overlay overlay rw,lowerdir=/rom,upperdir=/run/upper,workdir=/run/work
35 27 0:32 / /image rw - overlay overlay rw,lowerdir=/rom,upperdir=/srv/x/upper,workdir=/srv/x/work
36 27 0:33 / /fast rw - overlay overlay rw,lowerdir=/rom,upperdir=/srv/x/upper,workdir=/srv/x/work,volatile
37 27 179:7 / /covered rw - ext4 /dev/mmcblk0p7 rw,nobarrier,commit=600
38 37 179:8 / /covered rw - ext4 /dev/mmcblk0p8 rw,commit=600
`

func TestMountRemarks(t *testing.T) {
	for _, row := range []struct {
		name, path string
		want       []string // what the remarks say, in order
	}{
		{"a good ext4", "/var/lib/pillarbox/spool", nil},
		{"a name that only begins like a mount point", "/srv/oldest/spool", nil},
		{"nobarrier, and no commit=", "/srv/my mail/spool", []string{"mount -o remount,barrier=1", "commit=600"}},
		{"barrier=0, data=journal, a short commit=", "/srv/old", []string{"nobarrier", "data=ordered", "commit=600"}},
		{"f2fs without barriers", "/srv/f2/a/b", []string{"fsync_mode=posix"}},
		{"f2fs with them", "/srv/kind/a", nil},
		{"xfs", "/srv/x/spool", nil},
		{"a mount that covers another", "/covered/spool", nil},
	} {
		m, ok := mountOf(strings.NewReader(table), row.path)
		if !ok {
			t.Errorf("%s: no mount was found", row.name)
			continue
		}
		got := m.remarks()
		if len(got) != len(row.want) {
			t.Errorf("%s: %q, want %d remarks", row.name, got, len(row.want))
			continue
		}
		for i, want := range row.want {
			if !strings.Contains(got[i], want) || !strings.Contains(got[i], m.point) {
				t.Errorf("%s: %q does not say %q of %s", row.name, got[i], want, m.point)
			}
		}
	}
}

func TestOverlayAboveMemory(t *testing.T) {
	for path, want := range map[string]bool{"/live/spool": true, "/image/spool": false, "/fast/spool": true} {
		m, _ := mountOf(strings.NewReader(table), path)
		if got := m.kind == "overlay" && m.volatileBelow(strings.NewReader(table)); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

// jailTable is what a process in a ujail on an ordinary router sees: the root of the jail is a
// tmpfs, and the state directory is bind mounted from the router's overlay, whose upper directory
// the jail does not have.
const jailTable = `100 90 0:50 / / rw,noatime - tmpfs tmpfs rw,mode=755
101 100 0:20 /etc/passwd /etc/passwd ro,noatime - overlay overlayfs:/overlay rw,lowerdir=/,upperdir=UPPER,workdir=WORK
102 100 0:20 /srv/pillarbox /srv/pillarbox rw,noatime - overlay overlayfs:/overlay rw,lowerdir=/,upperdir=UPPER,workdir=WORK
103 100 0:5 /log /dev/log rw - tmpfs tmpfs rw
`

func TestOverlaySeenFromAJail(t *testing.T) {
	seen := t.TempDir()
	for _, row := range []struct {
		name, upper, also string
		want              bool
	}{
		{"an upper directory that the jail does not have", "/overlay/upper-of-the-router", "", false},
		{"one below a file", "/proc/self/stat/upper", "", false},
		{"the same with flushing turned off", "/overlay/upper-of-the-router", ",volatile", true},
		{"an upper directory in memory that can be seen", seen, "", true},
	} {
		text := strings.ReplaceAll(jailTable, "upperdir=UPPER,workdir=WORK", "upperdir="+row.upper+",workdir=/overlay/work"+row.also)
		m, ok := mountOf(strings.NewReader(text), "/srv/pillarbox/spool")
		if !ok || m.kind != "overlay" {
			t.Fatalf("%s: found %+v", row.name, m)
		}
		if got := m.lostAtPowerOff(strings.NewReader(text)); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}

func TestNoMount(t *testing.T) {
	if m, ok := mountOf(strings.NewReader("27 1 179:2 / /srv rw - ext4 x rw\n"), "/home"); ok {
		t.Errorf("found %+v", m)
	}
}
