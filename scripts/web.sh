#!/bin/sh
# web.sh: drives the pages in Debian's Chromium, without script: first log-in, a new person, the sheet,
# passwords, a test message, removal; attacks by other pages; accessibility by axe; weight; w3m.
#
#	scripts/web.sh [DIR]     as root; DIR keeps the screenshots
#
# Needs chromium, node, npm, w3m, iproute2. playwright-core and axe-core are pinned in scripts/web.
set -eu
cd "$(dirname "$0")/.."
for tool in chromium node npm w3m ip unshare; do
	command -v "$tool" >/dev/null || { echo "web.sh: $tool is not installed: apt-get install chromium nodejs npm w3m iproute2"; exit 1; }
done
dir=$(mktemp -d)
shots=${1:-$dir/shots}
trap 'rm -rf "$dir"' EXIT
mkdir -p "$shots"
go build -tags=nethttpomithttp2 -o "$dir/pillarbox" ./cmd/pillarbox
cp scripts/web/package.json scripts/web/package-lock.json scripts/web/*.mjs "$dir"
[ -n "${WEB_MODULES:-}" ] && ln -s "$WEB_MODULES" "$dir/node_modules" || (cd "$dir" && npm ci --no-audit --no-fund --silent)
# A network of its own: ports 80 and 443 are free there, and nothing leaves it.
unshare -n sh -c '
	ip link set lo up
	exec node "$1/main.mjs" "$1" "$2"
' sh "$dir" "$shots"
