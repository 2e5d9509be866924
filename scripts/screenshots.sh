#!/bin/sh
# screenshots.sh [DIR]: makes the pictures of README from the real pages, in Debian's Chromium, in
# cmd/pillarbox/screenshots. With DIR they are written there, as PNG as well and with others to look
# at.
#
# As root; needs chromium, node, npm and iproute2. playwright-core is pinned in scripts/web.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -tags=nethttpomithttp2 -o "$dir/pillarbox" ./cmd/pillarbox
cp scripts/web/package.json scripts/web/package-lock.json scripts/web/*.mjs "$dir"
[ -n "${WEB_MODULES:-}" ] && ln -s "$WEB_MODULES" "$dir/node_modules" || (cd "$dir" && npm ci --no-audit --no-fund --silent)
out=${1:-cmd/pillarbox/screenshots}
mkdir -p "$out"
unshare -n sh -c '
	ip link set lo up
	for address in 2 21 30; do ip address add 192.168.7.$address/24 dev lo; done
	exec node "$1/screenshots.mjs" "$1" "$2"
' sh "$dir" "$out"
[ -z "${1:-}" ] || cp "$dir"/*.png "$1/"
