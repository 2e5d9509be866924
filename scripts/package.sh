#!/bin/sh
# package.sh: makes the packages: deb, rpm, ipk (OpenWrt to 24.10) and container images, the same octets each time.
#
#   scripts/package.sh [-o FOLDER] [deb|rpm|ipk|oci[:PROCESSOR]]...     as ipk:aarch64_cortex-a53; all without a word; FOLDER is
#                                                                        dist unless it is named
#   scripts/package.sh -test                                             makes them twice, compares, installs and runs them (scripts/package/test.sh)
#
# VERSION is the version (default: 0.1.0~ with day and commit), SOURCE_DATE_EPOCH the time in all archives (default: the
# commit's), NFPM a ready nfpm (default: it is built). Needs Go, gzip, and python3 for oci.
set -eu
cd "$(dirname "$0")/.."

out=dist
while [ $# -gt 0 ]; do
	case $1 in
	-test) exec scripts/package/test.sh ;;
	-o) out=$2 && shift 2 ;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || set -- deb rpm ipk oci

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
umask 022
mkdir -p "$out"
out=$(cd "$out" && pwd)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
built=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)
version=${VERSION:-0.1.0~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d).$(git rev-parse --short=8 HEAD)}
maintainer='the pillarbox authors <pillarbox@home.arpa>'
packaging=scripts/package
. scripts/boards.sh

# nfpm_ready makes $NFPM.
nfpm_ready() {
	[ -z "${NFPM:-}" ] || return 0
	GOFLAGS='' GOBIN="$tmp/go" go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.0
	NFPM=$tmp/go/nfpm
}

# board NAME: the box for a processor of scripts/boards.sh, as $tmp/NAME/pillarbox.
board() {
	[ -e "$tmp/$1/pillarbox" ] || board_build "$1" "$tmp/$1/pillarbox" "-X main.version=$version -X main.built=$built"
}

# stage FOLDER BOARD FILE...: what nfpm packs, under plain names.
stage() {
	into=$1 board=$2
	shift 2
	board "$board"
	mkdir "$into"
	cp "$tmp/$board/pillarbox" "$@" "$into"
}

# pack FOLDER FORM CONFIGURATION ARCH FILE: runs nfpm in a staged folder; ARCH is what that system calls the processor.
pack() {
	nfpm_ready
	sed -e "s/@version@/$version/; s/@arch@/$4/; s/@maintainer@/$maintainer/; s/@license@/${license:-}/" \
		-e "s/@mtime@/$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)/" "$3" >"$1/nfpm.yaml"
	(cd "$1" && "$NFPM" package -f nfpm.yaml -p "$2" -t "$out/$5" >/dev/null)
	echo "$out/$5"
	rm -r "$1"
}

# documents FOLDER: manual pages and change logs, compressed.
documents() {
	for page in pillarbox.1 pillarbox.toml.5; do
		gzip -9nc "$packaging/man/$page" >"$1/$page.gz"
	done
	gzip -9nc CHANGELOG.md >"$1/changelog.gz"
	printf 'pillarbox (%s-1) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
		"$version" "$maintainer" "$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S +0000')" |
		gzip -9nc >"$1/changelog.Debian.gz"
}

# linux FORM BOARD ARCH FILE: a deb or rpm.
linux() {
	stage "$tmp/stage" "$2" README.md LICENSE "$packaging/pillarbox.toml" "$packaging"/systemd/* "$packaging"/deb/* "$packaging"/rpm/*
	documents "$tmp/stage"
	pack "$tmp/stage" "$1" "$packaging/nfpm.yaml" "$3" "$4"
}

deb() { license='' && linux deb "$1" "$2" "pillarbox_$version-1_$2.deb"; }
rpm() { license=Apache-2.0 && linux rpm "$1" "$2" "pillarbox-$version-1.$2.rpm"; }
ipk() {
	stage "$tmp/stage" "$1" "$packaging"/openwrt/pillarbox/files/* "$packaging"/openwrt/ipk/*
	pack "$tmp/stage" ipk "$packaging/openwrt.yaml" "$2" "pillarbox_$version-1_$2.ipk"
}
oci() {
	for name in arm64 armv7 amd64; do board "$name"; done
	python3 "$packaging/oci/image.py" -o "$out" -version "$version" \
		linux/arm64="$tmp/arm64/pillarbox" linux/arm/v7="$tmp/armv7/pillarbox" linux/amd64="$tmp/amd64/pillarbox"
}

# One row a package: its form, whose binary, what that system calls the processor.
packages='
deb arm64 arm64
deb armv7 armhf
deb amd64 amd64
rpm arm64 aarch64
rpm armv7 armv7hl
rpm amd64 x86_64
ipk arm64 aarch64_generic
ipk arm64 aarch64_cortex-a53
ipk arm64 aarch64_cortex-a72
ipk armv7 arm_cortex-a7_neon-vfpv4
ipk armv7 arm_cortex-a9_vfpv3-d16
ipk armv7 arm_cortex-a15_neon-vfpv4
ipk armv6 arm_arm1176jzf-s_vfp
ipk mipsle mipsel_24kc
ipk riscv64 riscv64_riscv64
ipk amd64 x86_64
oci all all
'
for want; do
	made=
	while read -r form board arch; do
		case $want in
		"$form" | "$form:$arch") "$form" "$board" "$arch" && made=1 ;;
		esac
	done <<-ROWS
		$packages
	ROWS
	[ -n "$made" ] || { echo "$want is none of deb, rpm, ipk, oci, nor one of their processors" >&2 && exit 2; }
done
