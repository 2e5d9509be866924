#!/bin/sh
# first.sh: the first start, as README has it: no configuration, an empty home, nothing prepared.
# A mail goes in by SMTP and comes out by POP3 over TLS, with what the server itself told about
# address, password, ports and authority; the server is killed, started again, and still has it.
# Then the Debian package is installed under systemd, and a new user walks through it
# (scripts/first/package.sh); without dpkg and systemd that is left out, but not in CI (CI=true).
#
# Runs in a network namespace of its own (root), so that the ports of the machine do not matter.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" != inside ]; then
	unshare --net "$0" inside
	for need in dpkg /lib/systemd/systemd; do
		command -v "$need" >/dev/null && continue
		echo "$need is not installed, the walk with the package is left out"
		[ "${CI:-}" != true ]
		exit
	done
	scratch=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
	trap 'rm -rf "$scratch"' EXIT
	trap 'exit 130' INT TERM
	scripts/first/package.sh "$scratch"
	exit
fi
ip link set lo up
ip address add 192.168.7.2/24 dev lo # a box has an address on its LAN

# /tmp may lie in memory, where the server refuses to keep mail.
tmp=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
box_pid=
# go run is the parent of the server: both are in the process group that setsid makes.
trap '[ -z "$box_pid" ] || kill -KILL "-$box_pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
export XDG_STATE_HOME="$tmp" STATE_DIRECTORY="$tmp/pillarbox"

start() {
	setsid go run ./cmd/pillarbox serve 2>>"$tmp/log" &
	box_pid=$!
	for _ in $(seq 600); do
		if grep -q ' ready ' "$tmp/log"; then return; fi
		sleep 0.1
	done
	cat "$tmp/log"
	return 1
}

start
cat "$tmp/pillarbox/first-login"
python3 scripts/clients/first.py "$tmp/pillarbox" deliver >"$tmp/uid"
kill -KILL "-$box_pid"
wait "$box_pid" || true
: >"$tmp/log"
start
python3 scripts/clients/first.py "$tmp/pillarbox" again "$(cat "$tmp/uid")"
kill -TERM "-$box_pid"
wait "$box_pid" || true
for _ in $(seq 300); do # go run ends before the server
	kill -0 "-$box_pid" 2>/dev/null || break
	sleep 0.1
done
box_pid=
echo "first start, mail in, kill -9, second start, same mail: PASS"
