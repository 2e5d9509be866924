#!/bin/sh
# emulated.sh DEB EMULATOR SCRATCH: a Debian package for another processor: dpkg installs it,
# systemd runs it under a QEMU of qemu-user-static, mail goes in and out, its removal leaves the
# mail. QEMU makes machine code and system calls of its own and keeps what it has translated, so
# those locks of the unit are open. SCRATCH is a folder. Needs root.
set -eu
deb=$1 emulator=$2 scratch=$3 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
emulator=$(command -v "$emulator")
machine "${emulator##*/}" "$scratch" "$deb" box.deb

step "installed"
inside mkdir -p /etc/systemd/system/pillarbox.service.d
printf '[Service]\nExecStart=\nExecStart=%s /usr/bin/pillarbox serve\nSystemCallFilter=\nMemoryDenyWriteExecute=no\nMemoryMax=infinity\nTimeoutStartSec=5min\n' "$emulator" |
	inside tee /etc/systemd/system/pillarbox.service.d/emulated.conf >/dev/null
packaged dpkg --force-architecture -i /mnt/packages/box.deb
awaited active
serves_as_its_own
send one
awaited mail count 1

step "removed: the mail stays"
process=$(main_process)
packaged dpkg -r pillarbox
absent /usr/bin/pillarbox
absent "/proc/$process"
inside test -d "$state"/spool || broken "the mail is gone"
step "PASS"
