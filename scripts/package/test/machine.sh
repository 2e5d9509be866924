# shellcheck shell=sh disable=SC2154 # here and state are set by who sources this
# machine.sh: sourced by the tests that live under systemd: a container of boot.sh, and what is asked of it. $here is this folder,
# $state the one of the mail.
#
#   machine KIND FOLDER FILE NAME...    boots one, whose /mnt/packages holds mail.py and each FILE as NAME; KIND is the
#                                       first word of all that is said, FOLDER is scratch
outer='' init=''

machine() {
	kind=$1 folder=$2
	shift 2
	mkdir -p "$folder/packages"
	cp "$here/mail.py" "$folder/packages"
	while [ $# -gt 0 ]; do
		cp "$1" "$folder/packages/$2"
		shift 2
	done
	"$here/boot.sh" "$folder" &
	outer=$!
	trap end EXIT
	trap 'exit 130' INT TERM
	awaited first_child
	awaited up
}
end() {
	[ -z "$init" ] || kill -KILL "$init" 2>/dev/null || true
	wait "$outer" 2>/dev/null || true
	find /sys/fs/cgroup -depth -path "*/pillarbox-test.$outer*" -type d -exec rmdir {} + 2>/dev/null || true
}
first_child() { init=$(pgrep -P "$outer" -x systemd); }
up() { inside systemctl is-active basic.target; }

# inside COMMAND...: runs it in the container.
inside() { nsenter -t "$init" --mount --uts --ipc --net --pid --cgroup env DEBIAN_FRONTEND=noninteractive HOME=/root "$@"; }
step() { printf '%s: %s\n' "$kind" "$*"; }
broken() {
	tail -n 40 "$folder/log" >&2
	inside journalctl --no-pager -n 30 -u pillarbox >&2 || true
	echo "$kind: $*" >&2
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
active() { inside systemctl is-active pillarbox; }
main_process() { inside systemctl show -P MainPID pillarbox; }
mail() { inside python3 /mnt/packages/mail.py "$state" "$@"; }
absent() { ! inside test -e "$1" || broken "$1 is still there"; }

# send SUBJECT, and found N: mail in and out, at once.
send() { mail send "$1" || broken "mail: no $1"; }
found() { mail count "$1" || broken "mail: not all $1"; }

# packaged COMMAND...: runs a package manager, whose words are shown when it fails.
packaged() { inside "$@" >"$folder/said" 2>&1 || broken "$* failed: $(cat "$folder/said")"; }

# serves_as_its_own: what holds of a box under systemd, whatever brought it.
serves_as_its_own() {
	inside test -s "$state"/ports || broken "it says that it is ready and is not"
	inside systemctl is-enabled pillarbox >/dev/null || broken "it does not start with the machine"
	[ "$(inside stat -c '%U %a' "$state")" = "pillarbox 700" ] || broken "the state folder is not its own"
	[ "$(inside sed -n 's/^995 //p' "$state"/ports)" = 995 ] || broken "it has not got the standard ports"
	[ "$(inside stat -c %U "/proc/$(main_process)")" = pillarbox ] || broken "it is not its own user"
}

# configured: gives the box an account, and its configuration a line that an upgrade must keep.
configured() {
	printf 'royal mail 1840\n' | inside pillarbox user add anna >/dev/null
	[ "$(inside stat -c %U "$state"/accounts)" = pillarbox ] || broken "an account that root made is not the box's"
	inside sed -i 's/^.aliases.$/&\npostmaster = ["anna"]/' /etc/pillarbox/pillarbox.toml
	inside systemctl reload pillarbox
}
still_configured() { inside grep -q '^postmaster' /etc/pillarbox/pillarbox.toml || broken "the configuration is lost"; }
