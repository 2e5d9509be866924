#!/bin/sh
# test.sh: makes all packages twice, in two places, and compares them octet by octet; lintian looks
# at the Debian ones; clean roots of Debian 12 and 13 install, use, upgrade, remove and purge them
# under systemd, with and without Postfix, and the RPM ones by dnf; the Debian ones for ARM run
# under emulation; the OpenWrt one's script makes its configuration, and its server takes mail, and
# it lives on a router of our own; a container of the image runs. README.md has the table of all of
# it.
#
#   scripts/package/test.sh [-part]      -part: only deb and rpm of this processor, on a copy of
#                                       this machine, in two minutes
#
# Needs root, lintian, dash, python3, systemd, squashfs-tools, e2fsprogs and iproute2; for the clean
# roots mmdebstrap and an archive of Debian in apt's sources; for the repositories what
# scripts/repository.sh needs, dnf, and openssl. What needs mmdebstrap, dnf or qemu-user-static is
# left out where they are not there, but not in CI (CI=true); skopeo is asked where it is there.
# ROOTS is a folder that keeps the clean roots for the next time.
set -eu
cd "$(dirname "$0")/../.."

# Not in /tmp, which is memory in the containers: mail below it would not last.
tmp=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
here=$PWD/scripts/package/test
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
COMMIT=${COMMIT:-$(git rev-parse HEAD)} # the second place is no checkout
export COMMIT
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

if [ "${1:-}" = -part ]; then
	VERSION=0.2.0 scripts/package.sh -o "$tmp/packages" deb:amd64 rpm:x86_64 ipk:x86_64
	VERSION=0.1.0 scripts/package.sh -o "$tmp/old" deb:amd64
	"$here/deb.sh" "$tmp"/old/*.deb "$tmp"/packages/*.deb "$tmp/deb"
	if have dnf && have createrepo_c && have signify-openbsd; then
		"$here/repository.sh" "$tmp/repository" "$tmp"/packages/*
	fi
	exit
fi

echo "== the version of Go, and the limits"
"$here/go-version.sh"
python3 "$here/limits.py"

echo "== made twice"
mkdir "$tmp/elsewhere"
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read | tar -x -C "$tmp/elsewhere"
VERSION=0.2.0 scripts/package.sh -o "$tmp/packages"
(umask 077 && cd "$tmp/elsewhere" && TZ=Asia/Tokyo VERSION=0.2.0 scripts/package.sh -o "$tmp/again" >/dev/null)
diff -r "$tmp/packages" "$tmp/again"

echo "== release 1, from which upgrades are tried"
mkdir "$tmp/release1"
git archive 4a980eb | tar -x -C "$tmp/release1"
(cd "$tmp/release1" && VERSION=0.1.0 scripts/package.sh -o "$tmp/old" deb:amd64 rpm:x86_64)

echo "== bills of materials"
if have rpm2cpio; then
	python3 "$here/sbom.py" "$tmp"/packages/*
fi

echo "== lintian"
for package in "$tmp"/packages/*.deb; do
	lintian --allow-root --fail-on error,warning "$package"
done

echo "== the OpenWrt package"
"$here/openwrt.sh" "$tmp"/packages/*_x86_64.ipk "$tmp/openwrt"
mkdir "$tmp/router"
"$here/router.sh" "$tmp"/packages/*.x86_64.apk "$tmp/router"
if have qemu-aarch64-static; then
	"$here/openwrt.sh" "$tmp"/packages/*_aarch64_cortex-a53.ipk "$tmp/openwrt-arm64" qemu-aarch64-static
	# This one is big-endian.
	"$here/openwrt.sh" "$tmp"/packages/*_mips_24kc.ipk "$tmp/openwrt-mips" qemu-mips-static
fi

echo "== the container image"
if command -v skopeo >/dev/null; then
	for file in "$tmp"/packages/*.tar; do
		case $file in
		*_registry.tar) skopeo inspect --override-arch amd64 "oci-archive:$file" >/dev/null ;;
		*) skopeo inspect --config "docker-archive:$file" >/dev/null ;;
		esac
	done
fi
unshare --mount --net --pid --fork --kill-child python3 "$here/oci.py" "$tmp"/packages/*_amd64.tar "$tmp"/packages/*_registry.tar "$tmp/oci"

echo "== repositories"
if have dnf && have createrepo_c && have signify-openbsd; then
	# shellcheck disable=SC2046 # the names of packages have no spaces
	"$here/repository.sh" "$tmp/repository" $(find "$tmp/packages" -name '*.deb' -o -name '*.rpm' -o -name '*.ipk' -o -name '*.apk')
fi

echo "== Debian 12 and 13"
"$here/deb.sh" "$tmp"/old/*.deb "$tmp"/packages/*_amd64.deb "$tmp/deb"
if have mmdebstrap && have dnf && have createrepo_c; then
	for suite in bookworm trixie; do
		export ROOT="${ROOTS:-$tmp/roots}/$suite/root"
		"$here/root.sh" "$suite" "${ROOT%/root}" postfix unattended-upgrades dnf rpm firewalld netbase
		KIND="deb, $suite" "$here/deb.sh" "$tmp"/old/*.deb "$tmp"/packages/*_amd64.deb "$tmp/deb-$suite"
		KIND="failing, $suite" "$here/failing.sh" "$tmp"/packages/*_amd64.deb "$tmp/failing-$suite"
		KIND="postfix, $suite" "$here/postfix.sh" "$tmp"/packages/*_amd64.deb "$tmp/postfix-$suite"
		KIND="unattended, $suite" "$here/unattended.sh" "$tmp"/old/*.deb "$tmp"/packages/*_amd64.deb "$tmp/unattended-$suite"
		KIND="rpm, $suite" "$here/rpm.sh" "$tmp"/old/*.rpm "$tmp"/packages/*.x86_64.rpm "$tmp/rpm-$suite"
		unset ROOT
	done
fi

echo "== the Debian packages for ARM"
if have qemu-aarch64-static && have qemu-arm-static; then
	"$here/emulated.sh" "$tmp"/packages/*_arm64.deb qemu-aarch64-static "$tmp/arm64"
	"$here/emulated.sh" "$tmp"/packages/*_armhf.deb qemu-arm-static "$tmp/armhf"
fi
