#!/bin/sh
# deb.sh OLD NEW FOLDER: the life of the Debian package under systemd: installed, used, upgraded, removed, installed again, purged. OLD and NEW
# are two versions of it, FOLDER is scratch. Needs root.
set -eu
old=$1 new=$2 folder=$3 here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder/packages"
cp "$old" "$folder/packages/old.deb"
cp "$new" "$folder/packages/new.deb"
cp "$here/mail.py" "$folder/packages"
"$here/boot.sh" "$folder" &
outer=$!
init=
end() {
	[ -z "$init" ] || kill -KILL "$init" 2>/dev/null || true
	wait $outer 2>/dev/null || true
	find /sys/fs/cgroup -depth -path "*/pillarbox-test.$outer*" -type d -exec rmdir {} + 2>/dev/null || true
}
trap end EXIT
trap 'exit 130' INT TERM

# inside COMMAND...: runs it in the container.
inside() { nsenter -t "$init" --mount --uts --ipc --net --pid --cgroup env DEBIAN_FRONTEND=noninteractive HOME=/root "$@"; }
step() { printf 'deb: %s\n' "$*"; }
broken() {
	tail -n 40 "$folder/log" >&2
	inside journalctl --no-pager -n 30 -u pillarbox >&2 || true
	echo "deb: $*" >&2
	exit 1
}

# awaited COMMAND...: waits until it succeeds, five minutes at most, for a busy machine is slow.
awaited() {
	for _ in $(seq 1500); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.2
	done
	broken "not in time: $*"
}
first_child() { init=$(pgrep -P "$outer" -x systemd); }
up() { inside systemctl is-active basic.target; }
active() { inside systemctl is-active pillarbox; }
state=/var/lib/pillarbox
mail() { inside python3 /mnt/packages/mail.py $state "$@" || broken "mail: $*"; }
absent() { ! inside test -e "$1" || broken "$1 is still there"; }

awaited first_child
awaited up
step "installed"
inside dpkg -i "/mnt/packages/old.deb" >"$folder/dpkg" 2>&1 || broken "$(cat "$folder/dpkg")"
awaited active
inside test -s $state/ports || broken "it says that it is ready and is not"
inside systemctl is-enabled pillarbox >/dev/null || broken "it does not start with the machine"
[ "$(inside stat -c '%U %a' $state)" = "pillarbox 700" ] || broken "the state folder is not its own"
[ "$(inside sed -n 's/^995 //p' $state/ports)" = 995 ] || broken "it has not got the standard ports"
[ "$(inside stat -c %U "/proc/$(inside systemctl show -P MainPID pillarbox)")" = pillarbox ] || broken "it is not its own user"
inside systemd-analyze security --threshold=20 pillarbox.service >/dev/null || broken "it may do more than 2.0"
inside journalctl --no-pager -u pillarbox | grep -q "confined to the state folder" || step "this kernel has no Landlock"
mail send one
mail send two
mail count 2
printf 'royal mail 1840\n' | inside pillarbox user add anna >/dev/null
[ "$(inside stat -c %U $state/accounts)" = pillarbox ] || broken "an account that root made is not the box's"

step "configured, and upgraded"
inside sed -i 's/^.aliases.$/&\npostmaster = ["anna"]/' /etc/pillarbox/pillarbox.toml
inside systemctl reload pillarbox
before=$(inside systemctl show -P MainPID pillarbox)
inside dpkg --force-confold -i "/mnt/packages/new.deb" >"$folder/dpkg" 2>&1 || broken "$(cat "$folder/dpkg")"
awaited active
[ "$(inside systemctl show -P MainPID pillarbox)" != "$before" ] || broken "the old program still runs"
inside grep -q '^postmaster' /etc/pillarbox/pillarbox.toml || broken "the upgrade has lost the configuration"
awaited inside python3 /mnt/packages/mail.py $state count 2
mail send three
mail count 3

step "killed: systemd starts it again"
inside systemctl kill -s KILL pillarbox
awaited inside python3 /mnt/packages/mail.py $state count 3

step "removed: the mail stays"
inside dpkg -r pillarbox >/dev/null 2>&1
absent /usr/bin/pillarbox
inside test -d $state/spool || broken "the mail is gone"
inside test -f /etc/pillarbox/pillarbox.toml || broken "the configuration is gone"

step "installed again: the mail is there"
inside dpkg -i "/mnt/packages/new.deb" >/dev/null 2>&1
awaited active
awaited inside python3 /mnt/packages/mail.py $state count 3

step "purged: nothing stays"
inside dpkg -P pillarbox >/dev/null 2>&1
[ -z "$(inside ls -A $state)" ] || broken "mail is still there" # the folder is a mount point here, as with a card
absent /etc/pillarbox
! inside getent passwd pillarbox >/dev/null || broken "the user is still there"
! inside pgrep -x pillarbox >/dev/null || broken "it still runs"
step "PASS"
