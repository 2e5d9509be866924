#!/bin/sh
# mdns.sh: finds the server from another network namespace by its name and services, with the avahi
# tools, and looks at a goodbye, a conflict, another responder on the host, and 100,000 questions.
#
#	scripts/mdns.sh [PILLARBOX]     as root; needs avahi-daemon, avahi-utils, dbus-daemon, python3
set -eu
cd "$(dirname "$0")/.."
for tool in ip avahi-daemon avahi-browse dbus-daemon python3; do
	command -v "$tool" >/dev/null || { echo "mdns.sh: $tool is not installed: apt-get install avahi-utils dbus iproute2 python3"; exit 1; }
done
dir=$(mktemp -d)
box=${1:-}
[ -n "$box" ] || { box=$dir/pillarbox; go build -tags=nethttpomithttp2 -o "$box" ./cmd/pillarbox; }
ours=pb$$a theirs=pb$$b
finish() {
	for pid in "$dir"/*.pid; do
		[ ! -s "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
	done
	ip netns del $ours 2>/dev/null || true
	ip netns del $theirs 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT
ip netns add $ours
ip netns add $theirs
ip -n $ours link add eth0 type veth peer name eth0 netns $theirs
for n in $ours $theirs; do
	ip -n $n link set lo up
	ip -n $n link set eth0 up
done
ip -n $ours addr add 192.168.77.1/24 dev eth0
ip -n $theirs addr add 192.168.77.2/24 dev eth0
python3 scripts/mdns/check.py "$box" $ours $theirs "$dir"
