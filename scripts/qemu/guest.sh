#!/bin/sh
# guest.sh FOLDER: makes what the emulated board boots from Debian packages that are unpacked, not installed:
# FOLDER/vmlinuz, Debian's arm64 kernel, and FOLDER/base.gz, an initramfs of busybox, the modules that the
# tests need and scripts/qemu/init. The box is no part of it. FOLDER is left alone when it is whole and no older.
#
# Needs apt, dpkg-deb, depmod (kmod), cpio and Debian's mirror or a proxy of it.
set -eu
cd "$(dirname "$0")"
folder=$1
modules='virtio_pci virtio_blk virtio_net ext4 i6300esb'

if [ -e "$folder/base.gz" ] && [ -z "$(find guest.sh init -newer "$folder/base.gz")" ]; then
	exit 0
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$tmp"

# A state of its own lets apt look at another architecture without the host's dpkg hearing of it.
mkdir -p "$tmp/state/lists/partial" "$tmp/cache/archives/partial" "$tmp/packages" "$tmp/root/lib"
: >"$tmp/state/status"
cat >"$tmp/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "root";
Dir::State "$tmp/state";
Dir::State::status "$tmp/state/status";
Dir::Cache "$tmp/cache";
Acquire::Languages "none";
CONF
(
	export APT_CONFIG="$tmp/apt.conf"
	cd "$tmp/packages"
	apt-get -qq update
	kernel=$(apt-cache depends linux-image-arm64 | awk '/Depends:/ { print $2; exit }')
	apt-get -qq download busybox-static "$kernel"
)
dpkg-deb --fsys-tarfile "$tmp"/packages/busybox-static_*.deb | tar -x -C "$tmp/root" ./bin/busybox
dpkg-deb --fsys-tarfile "$tmp"/packages/linux-image-*.deb | tar -x -C "$tmp" --wildcards './boot/vmlinuz-*' ./lib/modules
version=$(ls "$tmp/lib/modules")
depmod -b "$tmp" "$version"

# closure NAME MODULE...: the guest inserts what /modules/NAME lists in that order, which is that of what they depend on.
mkdir "$tmp/root/modules"
closure() {
	list=$tmp/root/modules/$1
	shift
	for module; do
		modprobe -d "$tmp" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$tmp/paths"
	xargs -a "$tmp/paths" cp -t "$tmp/root/modules"
	sed 's|.*/||' "$tmp/paths" >"$list"
}
# shellcheck disable=SC2086 # words
closure list $modules
closure f2fs f2fs
: >"$tmp/root/modules/ext4"
(cd "$tmp/root" && mkdir dev proc sys run etc state program && rmdir lib)
cp init "$tmp/root/init"
chmod 755 "$tmp/root/init"
cp "$tmp/boot/vmlinuz-$version" "$folder/vmlinuz"
(cd "$tmp/root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet | gzip -9n) >"$folder/base.gz"
