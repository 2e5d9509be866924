#!/bin/sh
# deb.sh OLD NEW SCRATCH: the life of the Debian package under systemd: NEW is installed and purged;
# OLD is installed, used and configured, upgraded to NEW without a terminal, killed, removed,
# installed again, purged. SCRATCH is a folder, $ROOT the root of the container (boot.sh). Needs
# root.
set -eu
old=$1 new=$2 scratch=$3 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
machine "${KIND:-deb}" "$scratch" "$old" old.deb "$new" new.deb

# files_of FILE: lists what lies on the machine, but for logs, caches and what package managers
# keep; not in a copy of this machine, where others install things at the same time.
files_of() {
	if [ -z "${ROOT:-}" ]; then
		: >"$1"
		return
	fi
	inside find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /mnt -o -path /var/log -o -path /var/cache \
		-o -path /var/tmp -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/password -o -path $state -o -name __pycache__ -o -path '/etc/*-' -o -path /root \) -prune -o -print |
		sort >"$1"
}
# nothing_left: after a purge the machine is as it was before.
nothing_left() {
	files_of "$scratch/after"
	diff "$scratch/before" "$scratch/after" >&2 || broken "the purge left that"
	! inside getent passwd pillarbox >/dev/null || broken "the user is still there"
	! inside pgrep -x pillarbox >/dev/null || broken "it still runs"
	! inside systemctl cat pillarbox.service >/dev/null 2>&1 || broken "systemd still knows the unit"
}
files_of "$scratch/before"

step "installed"
packaged dpkg -i /mnt/packages/new.deb
said "sudo cat $state/first-login"
awaited active
serves_as_its_own
[ "$(inside systemctl show -P MemoryMax pillarbox)" = 167772160 ] || broken "its memory has no limit"
inside systemd-analyze security --threshold=20 pillarbox.service >/dev/null || broken "it may do more than 2.0"
inside journalctl --no-pager -u pillarbox | grep -q "confined to the state" || step "this kernel has no Landlock"
inside pillarbox check-config /usr/share/doc/pillarbox/examples/pillarbox.toml >/dev/null || broken "the example is not valid"
[ -z "$(inside sed '/^#/d' /etc/pillarbox/pillarbox.toml)" ] || broken "the configuration is not empty"
send one
found 1
mail page || broken "the page is not served"
mail named /usr/lib/firewalld/services/pillarbox.xml /etc/avahi/services/pillarbox.service || broken "a service file has other ports"
only_warnings

step "used without rights: a command says sudo, and makes no second state directory"
inside install -d -o 4711 /tmp/joe
if echo 'royal mail 1840' | inside setpriv --reuid=4711 --regid=4711 --clear-groups env HOME=/tmp/joe pillarbox user add anna >"$scratch/said" 2>&1; then
	broken "an account that the server does not have was made: $(cat "$scratch/said")"
fi
said "run this with sudo"
echo 'royal mail 1840' | inside setpriv --reuid=pillarbox --regid=pillarbox --clear-groups env HOME=$state pillarbox user add bert >/dev/null
[ -z "$(inside find /tmp/joe $state -name .local)" ] || broken "a second state directory was made"
inside pillarbox user list | grep -q '^bert' || broken "the server has no account bert"

step "purged: nothing stays"
# A mount point stays, as that of a card; here the directory is to be an ordinary one.
inside sh -c "systemctl stop pillarbox; cp -a $state /tmp/state; umount $state; cp -a /tmp/state/. $state; mkdir -p $state/.local; rm -r /tmp/state /tmp/joe"
packaged dpkg -P pillarbox
absent $state
nothing_left

step "an older version installed, used, configured, and upgraded without a terminal"
packaged dpkg -i /mnt/packages/old.deb
awaited active
send one
send two
found 2
configured
before=$(main_process)
packaged dpkg -i /mnt/packages/new.deb </dev/null
awaited active
[ "$(main_process)" != "$before" ] || broken "the old program still runs"
still_configured
inside test -f /usr/lib/systemd/system/pillarbox.service || broken "the unit is gone"
serves_as_its_own
awaited mail count 2
send three
found 3

step "killed: systemd starts it again"
inside systemctl kill -s KILL pillarbox
awaited mail count 3

step "removed: the mail stays"
packaged dpkg -r pillarbox
! grep -q warning "$scratch/said" || broken "dpkg warns: $(cat "$scratch/said")"
absent /usr/bin/pillarbox
inside test -d "$state"/spool || broken "the mail is gone"
still_configured

step "installed again: the mail is there"
packaged dpkg -i /mnt/packages/new.deb
awaited active
awaited mail count 3

step "purged: nothing stays"
packaged dpkg -P pillarbox
absent $state
nothing_left
step "PASS"
