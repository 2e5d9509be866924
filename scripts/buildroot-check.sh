#!/bin/sh
# buildroot-check.sh PATH: holds buildroot/ against a Buildroot tree (git clone
# https://gitlab.com/buildroot.org/buildroot, 2025.11 or later): its own check-package, each
# defconfig with every line of it in force, and what Buildroot knows of the package. Nothing is
# downloaded and no image is built.
#
# Needs go, what Buildroot needs to configure (make, gcc, g++, perl, rsync, cpio, unzip, bc, file,
# wget), and python3 with python3-magic and flake8, and shellcheck for check-package.
set -eu
cd "$(dirname "$0")/.."
external=$PWD/buildroot
buildroot=${1:?"usage: buildroot-check.sh PATH, a Buildroot tree"}
[ -e "$buildroot/utils/check-package" ] || { echo "$buildroot is no Buildroot tree: no utils/check-package there" >&2 && exit 2; }

missing=
for program in go make gcc g++ perl rsync cpio unzip bc file wget python3 flake8 shellcheck; do
	command -v "$program" >/dev/null || missing="$missing $program"
done
# What is asked is the python3 that check-package runs with.
python=$(command -v /usr/bin/python3 || command -v python3)
"$python" -c 'import magic' 2>/dev/null || missing="$missing python3-magic"
[ -z "$missing" ] || { echo "install first:$missing" >&2 && exit 2; }

scripts/go-version.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
step() { printf '\n== %s\n' "$*"; }

step check-package
git ls-files -z buildroot | xargs -0 "$python" "$buildroot/utils/check-package" -b

for path in "$external"/configs/*_defconfig; do
	name=$(basename "$path")
	step "$name"
	out=$tmp/$name
	make -s -C "$buildroot" BR2_EXTERNAL="$external" O="$out" "$name" >"$tmp/log" 2>&1 || { cat "$tmp/log" && exit 1; }
	# Kconfig drops by default what it does not know or what something else forbids.
	lost=$(grep -vxF -f "$out/.config" "$path" | grep -v '^#' || true)
	[ -z "$lost" ] || { printf 'not in force:\n%s\n' "$lost" && exit 1; }
	make -s -C "$buildroot" O="$out" olddefconfig >/dev/null
	make -s -C "$buildroot" O="$out" show-info >"$tmp/info"
	python3 - "$tmp/info" <<'PY'
import json, sys
packages = json.load(open(sys.argv[1]))
box = packages["pillarbox"]
assert "host-go" in box["dependencies"], box
print("packages:", len(packages), "pillarbox:", box["version"], box["licenses"], "installs to the target:", box["install_target"])
PY
	make -s -C "$buildroot" O="$out" printvars VARS='PILLARBOX_GO_ENV PILLARBOX_GOMOD PILLARBOX_BUILD_TARGETS PILLARBOX_BIN_NAME PILLARBOX_BUILD_OPTS PILLARBOX_TAGS PILLARBOX_PRE_BUILD_HOOKS PILLARBOX_USERS' >"$tmp/vars"
	cat "$tmp/vars"
	grep -q '^PILLARBOX_GO_ENV=.*CGO_ENABLED=0$' "$tmp/vars"
	grep -q '^PILLARBOX_BIN_NAME=pillarbox$' "$tmp/vars"
	grep -q '^PILLARBOX_PRE_BUILD_HOOKS=.*PILLARBOX_CHECK_GO' "$tmp/vars"
	grep -q '^PILLARBOX_TAGS=nethttpomithttp2$' "$tmp/vars"
	grep -qF "PILLARBOX_BUILD_OPTS=$(scripts/lean.sh) " "$tmp/vars"
done

step "the build as Buildroot calls it: sources with vendor/, no network"
mkdir "$tmp/source"
git ls-files -coz --exclude-standard | xargs -0 cp --parents -t "$tmp/source"
(
	cd "$tmp/source"
	go mod vendor
	# shellcheck disable=SC2046 # a flag a word
	CGO_ENABLED=0 GOARCH=arm64 GOFLAGS=-mod=vendor GOPROXY=off GOTOOLCHAIN=local \
		go build $(scripts/lean.sh) -buildvcs=false -tags nethttpomithttp2 -ldflags '-s -w' -o "$tmp/pillarbox" ./cmd/pillarbox
)
file -b "$tmp/pillarbox" | grep -q 'aarch64.*statically linked'

step "the source as Buildroot copies it: an output folder within it, and a change"
git clone -q "$PWD" "$tmp/clone"
out=$tmp/clone/output
# copied: the folder into which Buildroot copies the source now.
copied() {
	make -s -C "$buildroot" O="$out" pillarbox-rsync >"$tmp/log" 2>&1 || { cat "$tmp/log" && exit 1; }
	echo "$out/build/pillarbox-$(make -s -C "$buildroot" O="$out" pillarbox-show-version)"
}
make -s -C "$buildroot" BR2_EXTERNAL="$tmp/clone/buildroot" O="$out" pillarbox_qemu_aarch64_virt_defconfig >"$tmp/log" 2>&1
mkdir "$tmp/clone/image" "$tmp/clone/dist"
before=$(copied)
for folder in output image dist; do
	[ ! -e "$before/$folder" ] || { echo "$folder of the source tree is copied" && exit 1; }
done
make -s -C "$buildroot" O="$out" printvars VARS=PILLARBOX_LDFLAGS | grep -F -- "-X main.version=0.1.0~"
echo changed >>"$tmp/clone/README.md"
changed=$(copied)
tail -n 1 "$changed/README.md" | grep -qx changed || { echo "a change in the source is not built" && exit 1; }
git -C "$tmp/clone" -c user.name=check -c user.email=check@home.arpa commit -qam changed
pulled=$(copied)
[ "$(printf '%s\n' "$before" "$changed" "$pulled" | sort -u | wc -l)" = 3 ] ||
	{ echo "two sources, one version: $before $changed $pulled" && exit 1; }

step "the root after post-build.sh"
root=$tmp/root
mkdir -p "$root/etc/init.d" "$root/lib/modules/6.12.0/kernel" "$root/usr/bin"
cp "$tmp/pillarbox" "$root/usr/bin/"
: >"$root/etc/init.d/S01seedrng"
"$external/board/pillarbox/post-build.sh" "$root" qemu-aarch64
# The seed is read and written when S10data has mounted the card.
[ -e "$root/etc/init.d/S11seedrng" ] && [ ! -e "$root/etc/init.d/S01seedrng" ]
grep -q 'seed-dir=/data/' "$root/etc/default/seedrng"
: >"$root/lib/modules/6.12.0/kernel/tls.ko.xz"
: >"$root/lib/modules/6.12.0/modules.dep"
! "$external/board/pillarbox/post-build.sh" "$root" qemu-aarch64 2>/dev/null || { echo "modules that cannot be loaded pass post-build.sh" && exit 1; }

step "files that the tree names"
grep -rho 'BR2_EXTERNAL_PILLARBOX_PATH)/[A-Za-z0-9_./-]*[A-Za-z0-9]' "$external" --include '*_defconfig' | sort -u | sed 's/^[^/]*//' |
	while read -r file; do
		[ -e "$external$file" ] || { echo "buildroot$file is missing" && exit 1; }
	done
[ -e scripts/package/systemd/pillarbox.service ]
echo "all there"
