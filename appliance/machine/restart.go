package machine

import (
	"os"
	"path/filepath"
)

// restarts are the ways in which the server is restarted, by files that are there where one of them
// is right. The first one that fits counts: a container may have the files of a distribution.
var restarts = [...]struct {
	any []string // one of them is enough
	and string   // and this; "": nothing more
	do  string
}{
	{[]string{"run/.containerenv"}, "", "podman restart CONTAINER, outside of it"},
	{[]string{".dockerenv"}, "", "docker restart CONTAINER, outside of it"},
	{[]string{"gokrazy/init"}, "", "restart pillarbox on the web page of gokrazy"},
	{[]string{"etc/init.d/S60pillarbox"}, "", "/etc/init.d/S60pillarbox restart"},
	{[]string{"etc/init.d/pillarbox"}, "sbin/procd", "/etc/init.d/pillarbox restart"},
	{[]string{"etc/systemd/system/pillarbox.service", "usr/lib/systemd/system/pillarbox.service", "lib/systemd/system/pillarbox.service"}, "run/systemd/system", "systemctl restart pillarbox"},
	{[]string{"etc/init.d/pillarbox"}, "", "/etc/init.d/pillarbox restart"},
}

// Restart returns the command that restarts the server on this machine; root is "/".
func Restart(root string) string {
	has := func(name string) bool {
		_, err := os.Lstat(filepath.Join(root, name))
		return err == nil
	}
	for _, way := range restarts {
		for _, name := range way.any {
			if has(name) && (way.and == "" || has(way.and)) {
				return way.do
			}
		}
	}
	return "stop pillarbox serve and start it again"
}
