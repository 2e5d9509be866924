#!/bin/sh
# webmemory.sh: measures the private memory of the server, as it is built for flash, with all ports, the
# pages, multicast DNS and two remote accounts: at rest, and after ten visits. It fails above 2048 and
# 3072 KiB.
#
#	scripts/webmemory.sh [RUNS [PILLARBOX]]     as root; 5 runs of 20 s, of which the median counts
#
# Needs python3, iproute2.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
binary=${2:-}
# shellcheck disable=SC2046 # one flag a word
[ -n "$binary" ] || { binary=$dir/pillarbox; CGO_ENABLED=0 go build $(scripts/lean.sh) -o "$binary" ./cmd/pillarbox; }
# A network of its own: ports 80, 443 and 5353 are free there, and nothing leaves it.
unshare -n sh -c '
	ip link set lo up
	ip link add eth0 type veth peer name eth1
	ip link set eth0 up
	ip link set eth1 up
	ip addr add 192.168.77.1/24 dev eth0
	exec python3 scripts/web/memory.py "$@"
' sh "$binary" "$dir" "${1:-5}"
