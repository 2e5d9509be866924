#!/bin/sh
# go-version.sh [GO]: fails when GO (default: go) is older than the least patch release that
# pillarbox is built with; prints nothing otherwise. Packages, images, OpenWrt and Buildroot call it
# before they build. go.mod names the language only: Buildroot and OpenWrt ignore a toolchain line
# there, because they build with GOTOOLCHAIN=local, and elsewhere it would make `go run` download a
# second Go.
set -eu

# One release for each line of Go; later lines have the fixes from the start. A header that a
# stranger wrote goes through net/mail and mime, whose time grows with the square of its length
# before 1.25.10 and 1.26.3 (CVE-2026-39820, CVE-2026-42499) and before 1.25.11 (CVE-2026-42504).
# os.Root follows a link out of its directory before 1.25.12 and 1.26.5 (CVE-2026-39822).
least='1.25.12 1.26.5'

go=${1:-go}
command -v "$go" >/dev/null || { echo "go-version.sh: $go: not found; install one of these or newer from https://go.dev/dl: $least" >&2 && exit 1; }
# go1.26.8, go1.27rc1, devel go1.28-1a2b3c, or one of these and more words.
version=$("$go" env GOVERSION)
number=$(echo "$version" | sed -n 's/^\(devel \)\{0,1\}go\([0-9.]*\).*/\2/p')
line=$(echo "$number" | cut -d. -f1,2)
patch=$(echo "$number" | cut -s -d. -f3)
[ -n "$line" ] || { echo "go-version.sh: cannot read the version of $go: $version" >&2 && exit 1; }

wanted=
for release in $least; do
	newest=${release%.*}
	[ "$line" != "$newest" ] || wanted=${release##*.}
done
if [ -n "$wanted" ]; then
	[ "${patch:-0}" -lt "$wanted" ] || exit 0
elif [ "$(printf '%s\n%s\n' "$line" "$newest" | sort -V | tail -n 1)" = "$line" ]; then
	exit 0 # a later line than all that are named
fi
echo "go-version.sh: $go is $version, which has known security faults; build with one of these or newer: $least" >&2
exit 1
