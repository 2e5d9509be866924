#!/bin/sh
# test.sh: makes all packages twice, in two places, and compares them octet by octet; lintian looks at the Debian ones; one is installed under
# systemd, used, upgraded, removed and purged; the OpenWrt one's script makes its configuration; a container of the image runs.
#
# Needs root, lintian, dash, python3, systemd and iproute2; skopeo is asked where it is there.
set -eu
cd "$(dirname "$0")/../.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
here=$PWD/scripts/package/test
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
if [ -z "${NFPM:-}" ]; then
	export NFPM="$tmp/go/nfpm"
	GOFLAGS='' GOBIN="$tmp/go" go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.0
fi

echo "== made twice"
mkdir "$tmp/elsewhere"
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read | tar -x -C "$tmp/elsewhere"
VERSION=0.1.0 scripts/package.sh -o "$tmp/packages"
(umask 077 && cd "$tmp/elsewhere" && TZ=Asia/Tokyo VERSION=0.1.0 scripts/package.sh -o "$tmp/again" >/dev/null)
diff -r "$tmp/packages" "$tmp/again"
VERSION=0.0.9 scripts/package.sh -o "$tmp/old" deb >/dev/null

echo "== lintian"
for package in "$tmp"/packages/*.deb; do
	lintian --allow-root --fail-on error,warning "$package"
done

echo "== the OpenWrt package"
"$here/openwrt.sh" "$tmp"/packages/*_x86_64.ipk "$tmp/openwrt"

echo "== the container image"
if command -v skopeo >/dev/null; then
	for file in "$tmp"/packages/*.tar; do
		skopeo inspect --override-arch amd64 "oci-archive:$file" >/dev/null
	done
fi
unshare --mount --net --pid --fork --kill-child python3 "$here/oci.py" "$tmp"/packages/*_amd64.tar "$tmp/oci"

echo "== the Debian package"
"$here/deb.sh" "$tmp"/old/*_amd64.deb "$tmp"/packages/*_amd64.deb "$tmp/deb"
