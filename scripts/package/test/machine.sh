# shellcheck shell=sh disable=SC2154 # here and state are set by who sources this
# machine.sh: sourced by the tests that live under systemd: a container of boot.sh, and what is
# asked of it. $here is this folder, $state the one of the mail.
#
#   machine KIND FOLDER FILE NAME...    boots one, with mail.py and each FILE as NAME in
#                                       /mnt/packages; KIND begins each line of output,
#                                       FOLDER is scratch, $ROOT is its root, see boot.sh
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
	"$here/boot.sh" "$folder" "${ROOT:-/}" &
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

# serves_as_its_own: what holds of a server under systemd, whatever brought it.
serves_as_its_own() {
	inside test -s "$state"/ports || broken "it says that it is ready and is not"
	inside systemctl is-enabled pillarbox >/dev/null || broken "it does not start with the machine"
	[ "$(inside stat -c '%U %a' "$state")" = "pillarbox 700" ] || broken "the state folder is not its own"
	[ "$(inside sed -n 's/^995 //p' "$state"/ports)" = 995 ] || broken "it has not got the standard ports"
	[ "$(inside stat -c %U "/proc/$(main_process)")" = pillarbox ] || broken "it is not its own user"
	inside systemd-analyze verify --man=no pillarbox.service pillarbox-retry.timer >"$folder/said" 2>&1 || broken "systemd complains: $(cat "$folder/said")"
	[ "$(inside systemctl show -P TasksMax pillarbox)" = 640 ] || broken "its threads have no limit"
	[ "$(inside find "/proc/$(main_process)/task" -mindepth 1 -maxdepth 1 | wc -l)" -lt 320 ] || broken "a child finds no room for its threads"
}

# configured: gives the server an account, and its configuration a line that an upgrade must keep.
configured() {
	printf 'royal mail 1840\n' | inside pillarbox user add anna >/dev/null
	[ "$(inside stat -c %U "$state"/accounts)" = pillarbox ] || broken "an account that root made is not the box's"
	inside sh -c 'cd /etc/pillarbox; grep -q "^.aliases.$" pillarbox.toml || echo "[aliases]" >>pillarbox.toml; sed -i "s/^.aliases.$/&\npostmaster = [\"anna\"]/" pillarbox.toml'
	inside systemctl reload pillarbox
}
still_configured() { inside grep -q '^postmaster' /etc/pillarbox/pillarbox.toml || broken "the configuration is lost"; }

# said WORDS: the package manager has printed them.
said() { grep -qF -e "$1" "$folder/said" || broken "it does not say \"$1\": $(cat "$folder/said")"; }

# taken PORT: another program has it, until let_go.
taken() {
	inside systemd-run --quiet --collect --unit="taken-$1" python3 -c "import socket, time
with socket.create_server(('0.0.0.0', $1)), socket.create_server(('::', $1), family=socket.AF_INET6):
    time.sleep(3600)"
	awaited inside python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))"
}
let_go() { inside systemctl stop "taken-$1"; }

# only_warnings WORDS...: what journalctl -p warning shows of the server since the last time are
# lines with these words, each of them, and no other. What the server says of the file system under
# the test is left out.
only_warnings() {
	inside journalctl --sync
	inside journalctl --cursor-file=/run/shown --no-pager --quiet --output=cat -p warning -u pillarbox |
		grep -v '^file system of the spool advice=' >"$folder/warnings" || true
	for words; do
		grep -qF -e "$words" "$folder/warnings" || broken "journalctl -p warning does not show \"$words\""
		grep -vF -e "$words" "$folder/warnings" >"$folder/others" || true
		mv "$folder/others" "$folder/warnings"
	done
	[ ! -s "$folder/warnings" ] || broken "journalctl -p warning shows more: $(cat "$folder/warnings")"
}
