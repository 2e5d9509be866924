#!/bin/sh
# guest.sh FOLDER [virt | imx6ul]: makes what the emulated board boots from Debian packages that are
# unpacked, not installed: FOLDER/vmlinuz, Debian's arm64 or armhf kernel, FOLDER/base.gz, an
# initramfs of busybox, the modules that the tests need and scripts/qemu/init, and the device tree
# of a board that needs one. The server is no part of it. FOLDER is left alone when it is whole and
# no older. $SUITE names another suite of Debian for the kernel than the machine's
# (trixie-backports).
#
# Needs apt, dpkg-deb, depmod (kmod), cpio, xz and Debian's mirror or a proxy of it.
set -eu
cd "$(dirname "$0")"
folder=$1
case ${2:-virt} in
virt)
	architecture=arm64 flavour=arm64 tree='' modules='virtio_pci virtio_blk virtio_net ext4 i6300esb'
	tls='tls gcm ghash-ce aes-ce-blk chacha20poly1305 chacha-neon poly1305-neon'
	;;
imx6ul)
	architecture=armhf flavour=armmp tree=imx6ul-14x14-evk.dtb modules='gpio-mxc sdhci-esdhc-imx micrel fec ext4 imx2_wdt'
	tls='tls gcm aes-arm chacha20poly1305 chacha-neon poly1305-arm'
	;;
esac

if [ -e "$folder/base.gz" ] && [ -z "$(find guest.sh init -newer "$folder/base.gz")" ]; then
	exit 0
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

debian=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/$architecture
SUITE='' ../debian.sh "$debian" "$architecture" "linux-image-$flavour" busybox-static # as ../image.sh
SUITE='' ../debian.sh "$debian-e2fsck" "$architecture" e2fsck-static
e2fsck=$debian-e2fsck/root/sbin/e2fsck.static
[ -z "${SUITE:-}" ] || ../debian.sh "$debian-$SUITE" "$architecture" "linux-image-$flavour"
kernel=$debian${SUITE:+-$SUITE}/root debian=$debian/root
[ -e "$kernel/lib" ] || ln -s usr/lib "$kernel/lib"
version=$(ls "$kernel/lib/modules")
[ -e "$kernel/lib/modules/$version/modules.dep" ] || depmod -b "$kernel" "$version"
mkdir -p "$tmp/root/bin"
cp "$debian/bin/busybox" "$e2fsck" "$tmp/root/bin/"

# closure NAME MODULE...: the guest inserts what /modules/NAME lists in that order, which is that of
# what they depend on.
mkdir "$tmp/root/modules"
closure() {
	list=$tmp/root/modules/$1
	shift
	for module; do
		modprobe -d "$kernel" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$tmp/paths"
	xargs -a "$tmp/paths" cp -t "$tmp/root/modules"
	find "$tmp/root/modules" -name '*.xz' -exec unxz -f {} +
	sed 's|.*/||; s/[.]xz$//' "$tmp/paths" >"$list"
}
# shellcheck disable=SC2086 # words
closure list $modules
closure f2fs f2fs
# TLS of the kernel and what it encrypts with. In newer kernels the NEON code is in chacha itself.
if [ "$architecture" = arm64 ] && ! modprobe -d "$kernel" -S "$version" --show-depends chacha-neon >/dev/null 2>&1; then
	tls='tls gcm ghash-ce aes-ce-blk chacha20poly1305 chacha'
fi
# shellcheck disable=SC2086 # words
closure tls $tls
: >"$tmp/root/modules/ext4"
(cd "$tmp/root" && mkdir dev proc sys run etc state program)
cp init "$tmp/root/init"
chmod 755 "$tmp/root/init"
mkdir "$tmp/new"
image=$kernel/boot/vmlinuz-$version
[ -e "$image" ] || image=$kernel/lib/modules/$version/vmlinuz
cp "$image" "$tmp/new/vmlinuz"
[ -z "$tree" ] || cp "$kernel/usr/lib/linux-image-$version/$tree" "$tmp/new/"
(cd "$tmp/root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet | gzip -9n) >"$tmp/new/base.gz"
# A board that boots from the folder meanwhile finds each file whole.
for file in "$tmp"/new/[!b]* "$tmp/new/base.gz"; do
	cp "$file" "$folder/new.$$"
	mv "$folder/new.$$" "$folder/${file##*/}"
done
