#!/bin/sh
# rpm.sh OLD NEW SCRATCH: the life of the RPM package under systemd: installed, used, upgraded, removed, installed again. OLD and NEW are two
# versions of it, SCRATCH is a folder. The machine is Debian's with rpm on it: its database knows no other package, so what the
# package needs of a distribution is looked for as files. Needs root and rpm.
set -eu
old=$1 new=$2 scratch=$3 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
machine rpm "$scratch" "$old" old.rpm "$new" new.rpm

step "installed"
needs=$(inside rpm -i --test /mnt/packages/old.rpm 2>&1 | sed -n 's/^\t\(.*\) is needed by pillarbox-.*/\1/p')
for need in $needs; do
	inside test -x "$need" || broken "it needs $need, which is not there"
done
packaged rpm -i --nodeps /mnt/packages/old.rpm
! active >/dev/null || broken "it runs unasked"
packaged systemctl enable --now pillarbox
serves_as_its_own
inside rpm -V --nodeps pillarbox || broken "it is not what was packed"
send one
send two
found 2

step "configured, and upgraded"
configured
before=$(main_process)
packaged rpm -U --nodeps /mnt/packages/new.rpm
awaited active
[ "$(main_process)" != "$before" ] || broken "the old program still runs"
inside systemctl is-enabled pillarbox >/dev/null || broken "the upgrade has disabled it"
still_configured
inside test -f /etc/pillarbox/pillarbox.toml.rpmnew || broken "the new defaults are not there to be compared"
awaited mail count 2
send three
found 3

step "removed: the mail stays"
packaged rpm -e pillarbox
absent /usr/bin/pillarbox
absent /usr/share/doc/pillarbox
absent /usr/share/licenses/pillarbox
! inside pgrep -x pillarbox >/dev/null || broken "it still runs"
! inside systemctl is-enabled pillarbox >/dev/null 2>&1 || broken "it would still start with the machine"
inside test -d "$state"/spool || broken "the mail is gone"
inside grep -q '^postmaster' /etc/pillarbox/pillarbox.toml.rpmsave || broken "the configuration is gone"

step "installed again: the mail is there"
packaged rpm -i --nodeps /mnt/packages/new.rpm
packaged systemctl enable --now pillarbox
awaited mail count 3
step "PASS"
