#!/bin/sh
# page-thunderbird.sh: Debian's Thunderbird is given an address and a password and nothing else. It
# must find the settings that the server offers (over plain HTTP; by the name that multicast DNS
# announces; beside HTTPS with a certificate that it does not know; over HTTPS that it trusts), log
# in, fetch and send. Its own export of the account must equal the QR code of the page.
#
#	scripts/page-thunderbird.sh [CASE...]     as root; http local untrusted trusted (all of them)
#
# Server and client are in two network namespaces, so that port 80 is free and nothing leaves the
# machine. Needs thunderbird, libnss3-tools, zbar-tools, iproute2; for "local" avahi-daemon, dbus and
# libnss-mdns, too.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- http local untrusted trusted
needed='ip thunderbird certutil zbarimg python3'
case " $* " in *' local '*) needed="$needed avahi-daemon dbus-daemon" ;; esac
for tool in $needed; do
	command -v "$tool" >/dev/null || {
		echo "page-thunderbird.sh: $tool is not installed: apt-get install thunderbird libnss3-tools zbar-tools iproute2 avahi-daemon dbus libnss-mdns"
		exit 1
	}
done
tmp=$(mktemp -d -p "${TMPDIR:-/var/tmp}") # /tmp may lie in memory, where the server refuses to keep mail
box=${PILLARBOX:-}
[ -n "$box" ] || { box=$tmp/pillarbox; go build -tags=nethttpomithttp2 -o "$box" ./cmd/pillarbox; }
ours=pt$$a theirs=pt$$b
finish() {
	for pid in "$tmp"/*.pid; do
		[ ! -s "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
	done
	ip netns del $ours 2>/dev/null || true
	ip netns del $theirs 2>/dev/null || true
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM
ip netns add $ours
ip netns add $theirs
ip -n $ours link add eth0 type veth peer name eth0 netns $theirs
for n in $ours $theirs; do
	ip -n "$n" link set lo up
	ip -n "$n" link set eth0 up
done
ip -n $ours addr add 192.168.77.1/24 dev eth0
ip -n $theirs addr add 192.168.77.2/24 dev eth0
for one; do
	python3 scripts/page/check.py "$box" $ours $theirs "$tmp" "$one"
done
