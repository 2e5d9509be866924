#!/bin/sh
# package.sh: makes the packages: deb, rpm, ipk (OpenWrt to 24.10), apk (OpenWrt from 25.12) and
# container images, the same octets each time.
#
#   scripts/package.sh [-o FOLDER] [deb|rpm|ipk|apk|oci[:PROCESSOR]]...
#       makes these, as ipk:aarch64_cortex-a53, or all, in FOLDER (default: dist)
#   scripts/package.sh -test
#       makes them twice, compares, installs and runs them (scripts/package/test.sh)
#
# VERSION is the version, COMMIT the commit, SOURCE_DATE_EPOCH the time in all archives (defaults:
# scripts/identity.sh), NFPM a ready nfpm (default: it is built). Needs Go, gzip, and python3 for
# oci.
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
[ $# -gt 0 ] || set -- deb rpm ipk apk oci

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
umask 022
mkdir -p "$out"
out=$(cd "$out" && pwd)
. scripts/identity.sh
version=$build_version
maintainer='the pillarbox authors <pillarbox@home.arpa>'
packaging=scripts/package
. scripts/boards.sh

# nfpm_ready makes $NFPM.
nfpm_ready() {
	[ -z "${NFPM:-}" ] || return 0
	GOFLAGS='' GOBIN="$tmp/go" go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.0
	NFPM=$tmp/go/nfpm
}

# board NAME: builds the program for a processor of scripts/boards.sh, as $tmp/NAME/pillarbox, and
# its bill of materials beside it.
board() {
	[ ! -e "$tmp/$1/pillarbox" ] || return 0
	board_build "$1" "$tmp/$1/pillarbox" "$build_flags"
	build_sbom "$tmp/$1/pillarbox" "$tmp/$1/sbom.cdx.json"
}

# stage FOLDER BOARD FILE...: what nfpm packs, under plain names.
stage() {
	into=$1 board=$2
	shift 2
	board "$board"
	mkdir "$into"
	cp "$tmp/$board/pillarbox" "$tmp/$board/sbom.cdx.json" "$@" "$into"
}

# pack FOLDER FORM CONFIGURATION ARCH FILE: runs nfpm in a staged folder; ARCH is what that system
# calls the processor.
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
	stage "$tmp/stage" "$2" README.md cmd/pillarbox/OPERATIONS.md LICENSE "$packaging"/*.toml "$packaging"/systemd/* "$packaging"/deb/* "$packaging"/rpm/*
	documents "$tmp/stage"
	pack "$tmp/stage" "$1" "$packaging/nfpm.yaml" "$3" "$4"
}

deb() { license='' && linux deb "$1" "$2" "pillarbox_$version-1_$2.deb"; }
rpm() { license=Apache-2.0 && linux rpm "$1" "$2" "pillarbox-$version-1.$2.rpm"; }

# openwrt FORM BOARD ARCH FILE: an ipk or apk.
openwrt() {
	stage "$tmp/stage" "$2" "$packaging"/openwrt/pillarbox/files/* "$packaging"/openwrt/control/*
	for script in preupgrade:prerm postupgrade:postinst; do
		sed '1a export PKG_UPGRADE=1' "$tmp/stage/${script#*:}" >"$tmp/stage/${script%:*}"
	done
	# What opkg finds in its control files, OpenWrt's scripts find in three files of an apk.
	sed -n 's/.*dst: \([^,]*\),.*/\1/p' "$packaging/openwrt/nfpm.yaml" | grep -v '^/lib/apk/' >"$tmp/stage/list"
	echo /etc/config/pillarbox >"$tmp/stage/conffiles"
	sed -n 's/ *Require-User: //p' "$packaging/openwrt/nfpm.yaml" >"$tmp/stage/rusers"
	octets=$(cd "$tmp/stage" && cat pillarbox pillarbox.* sbom.cdx.json uci.sh | wc -c)
	pack "$tmp/stage" "$1" "$packaging/openwrt/nfpm.yaml" "$3" "$4"
}
ipk() {
	openwrt ipk "$1" "$2" "pillarbox_$version-1_$2.ipk"
	"$packaging/openwrt/octets.sh" "$out/pillarbox_$version-1_$2.ipk" "$octets"
}

# apk wants a version of its own form: 0.1.0~20261130.0123abcd becomes 0.1.0_pre20261130~0123abcd.
apk() {
	ours=$version
	version=$(echo "$version" | sed 's/~\([0-9]*\)\.\([0-9a-f]*\)$/_pre\1~\2/')
	openwrt apk "$1" "$2" "pillarbox-$version-r1.$2.apk"
	version=$ours
}
oci() {
	for name in arm64 armv7 amd64; do board "$name"; done
	python3 "$packaging/oci/image.py" -o "$out" -version "$version" -commit "$build_commit" \
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
ipk mips mips_24kc
ipk mipsle mipsel_24kc
ipk riscv64 riscv64_riscv64
ipk amd64 x86_64
apk arm64 aarch64_generic
apk arm64 aarch64_cortex-a53
apk arm64 aarch64_cortex-a72
apk armv7 arm_cortex-a7_neon-vfpv4
apk armv7 arm_cortex-a9_vfpv3-d16
apk armv7 arm_cortex-a15_neon-vfpv4
apk armv6 arm_arm1176jzf-s_vfp
apk mips mips_24kc
apk mipsle mipsel_24kc
apk riscv64 riscv64_riscv64
apk amd64 x86_64
oci all all
'
for want; do
	made=
	while read -r form board arch; do
		case $want in
		"$form" | "$form:$arch")
			"$form" "$board" "$arch" # alone: set -e has no effect before &&
			made=1
			;;
		esac
	done <<-ROWS
		$packages
	ROWS
	[ -n "$made" ] || { echo "$want is none of deb, rpm, ipk, apk, oci, nor one of their processors" >&2 && exit 2; }
done
