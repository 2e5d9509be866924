#!/bin/sh
# test.sh: makes all packages twice, in two places, and compares them octet by octet; lintian looks at the Debian ones; that and the RPM one are installed
# under systemd, used, upgraded, removed; the Debian ones for ARM run under emulation; the OpenWrt one's script makes its
# configuration, and its box takes mail; a container of the image runs.
#
# Needs root, lintian, dash, python3, systemd and iproute2. What needs rpm or qemu-user-static is left out where they are not
# there, but not in CI (CI=true); skopeo is asked where it is there.
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

# have PROGRAM: whether it is there; in CI it must be.
have() {
	command -v "$1" >/dev/null && return 0
	echo "$1 is not installed, left out"
	[ "${CI:-}" != true ] || exit 1
	return 1
}

echo "== made twice"
mkdir "$tmp/elsewhere"
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read | tar -x -C "$tmp/elsewhere"
VERSION=0.1.0 scripts/package.sh -o "$tmp/packages"
(umask 077 && cd "$tmp/elsewhere" && TZ=Asia/Tokyo VERSION=0.1.0 scripts/package.sh -o "$tmp/again" >/dev/null)
diff -r "$tmp/packages" "$tmp/again"
echo '# as an older version had it' >>"$tmp/elsewhere/scripts/package/pillarbox.toml" # so that an upgrade meets other defaults
(cd "$tmp/elsewhere" && VERSION=0.0.9 scripts/package.sh -o "$tmp/old" deb:amd64 rpm:x86_64 >/dev/null)

echo "== lintian"
for package in "$tmp"/packages/*.deb; do
	lintian --allow-root --fail-on error,warning "$package"
done

echo "== the OpenWrt package"
"$here/openwrt.sh" "$tmp"/packages/*_x86_64.ipk "$tmp/openwrt"
if have qemu-aarch64-static; then
	"$here/openwrt.sh" "$tmp"/packages/*_aarch64_cortex-a53.ipk "$tmp/openwrt-arm64" qemu-aarch64-static
fi

echo "== the container image"
if command -v skopeo >/dev/null; then
	for file in "$tmp"/packages/*.tar; do
		skopeo inspect --override-arch amd64 "oci-archive:$file" >/dev/null
	done
fi
unshare --mount --net --pid --fork --kill-child python3 "$here/oci.py" "$tmp"/packages/*_amd64.tar "$tmp/oci"

echo "== the Debian package"
"$here/deb.sh" "$tmp"/old/*_amd64.deb "$tmp"/packages/*_amd64.deb "$tmp/deb"

echo "== the Debian packages for ARM"
if have qemu-aarch64-static && have qemu-arm-static; then
	"$here/emulated.sh" "$tmp"/packages/*_arm64.deb qemu-aarch64-static "$tmp/arm64"
	"$here/emulated.sh" "$tmp"/packages/*_armhf.deb qemu-arm-static "$tmp/armhf"
fi

echo "== the RPM package"
if have rpm; then
	"$here/rpm.sh" "$tmp"/old/*.x86_64.rpm "$tmp"/packages/*.x86_64.rpm "$tmp/rpm"
fi
