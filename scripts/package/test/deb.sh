#!/bin/sh
# deb.sh OLD NEW SCRATCH: the life of the Debian package under systemd: installed, used, upgraded, removed, installed again, purged. OLD and NEW
# are two versions of it, SCRATCH is a folder. Needs root.
set -eu
old=$1 new=$2 scratch=$3 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
machine deb "$scratch" "$old" old.deb "$new" new.deb

step "installed"
packaged dpkg -i /mnt/packages/old.deb
awaited active
serves_as_its_own
inside systemd-analyze security --threshold=20 pillarbox.service >/dev/null || broken "it may do more than 2.0"
inside journalctl --no-pager -u pillarbox | grep -q "confined to the state folder" || step "this kernel has no Landlock"
send one
send two
found 2

step "configured, and upgraded"
configured
before=$(main_process)
packaged dpkg --force-confold -i /mnt/packages/new.deb
awaited active
[ "$(main_process)" != "$before" ] || broken "the old program still runs"
still_configured
awaited mail count 2
send three
found 3

step "killed: systemd starts it again"
inside systemctl kill -s KILL pillarbox
awaited mail count 3

step "removed: the mail stays"
packaged dpkg -r pillarbox
absent /usr/bin/pillarbox
inside test -d "$state"/spool || broken "the mail is gone"
still_configured

step "installed again: the mail is there"
packaged dpkg -i /mnt/packages/new.deb
awaited active
awaited mail count 3

step "purged: nothing stays"
packaged dpkg -P pillarbox
[ -z "$(inside ls -A "$state")" ] || broken "mail is still there" # the folder is a mount point here, as with a card
absent /etc/pillarbox
! inside getent passwd pillarbox >/dev/null || broken "the user is still there"
! inside pgrep -x pillarbox >/dev/null || broken "it still runs"
step "PASS"
