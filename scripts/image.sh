#!/bin/sh
# image.sh [FOLDER]: makes a card image of the server for the emulated board (QEMU's virt, arm64)
# from Debian packages alone: FOLDER/pillarbox-qemu-aarch64.img, the update beside it, and
# u-boot.bin, which QEMU starts. The board files are those of buildroot/: the same U-Boot script,
# slots, update and init scripts. $PILLARBOX names another binary to put in, CONSOLE=getty asks for
# root on the console, as Buildroot's images do. UPDATE_KEY names the private key that signs the
# update, and whose updates the image installs; UPDATE_TRUST names further public keys.
#
# Needs openssl, u-boot-qemu u-boot-tools device-tree-compiler genimage squashfs-tools dosfstools
# mtools kmod cpio qemu-user-static, and go.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-image} board=qemu-aarch64
scripts/go-version.sh
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
umask 022
. scripts/identity.sh
export VERSION="$build_version"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox
scripts/debian.sh "$cache/arm64" arm64 linux-image-arm64 busybox-static
scripts/debian.sh "$cache/arm64-tools" arm64 f2fs-tools fdisk util-linux libc6 libblkid1 libuuid1 libselinux1 \
	libpcre2-8-0 libfdisk1 libsmartcols1 libtinfo6 libreadline8
debian=$cache/arm64/root tools=$cache/arm64-tools/root
version=$(ls "$debian/lib/modules")
[ -e "$debian/lib/modules/$version/modules.dep" ] || depmod -b "$debian" "$version"
kernel=$debian/boot/linux.gz
[ -e "$kernel" ] || gzip -9cn "$debian/boot/vmlinuz-$version" >"$kernel"

# unsigned FILE: removes the signature that Debian appends to a module. Nothing here requires one,
# and the kernel's checks of these twelve take a quarter of the time from its start to the banner.
unsigned() {
	if [ "$(tail -c 28 "$1" | tr -d '\0')" = "~Module signature appended~" ]; then
		length=$(tail -c 32 "$1" | head -c 4 | od -A n -t u4 --endian=big)
		truncate -s "-$((28 + 12 + length))" "$1"
	fi
}

# modules TARGET NAME...: copies modules and what they need, and says the files in the order of
# loading.
modules() {
	target=$1
	shift
	mkdir -p "$target"
	for module; do
		modprobe -d "$debian" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" "$target/"
		unsigned "$target/$(basename "$file")"
		basename "$file"
	done
}

# The initramfs finds the root, no more.
mkdir -p "$tmp/initramfs/bin" "$tmp/initramfs/dev" "$tmp/initramfs/proc" "$tmp/initramfs/sys" "$tmp/initramfs/root"
cp "$debian/bin/busybox" "$tmp/initramfs/bin/"
cp scripts/image/init "$tmp/initramfs/init"
modules "$tmp/initramfs/modules" virtio_pci virtio_blk squashfs >"$tmp/list"
mv "$tmp/list" "$tmp/initramfs/modules/list"
find "$tmp/initramfs" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} + # cpio keeps the times
(cd "$tmp/initramfs" && find . | LC_ALL=C sort | cpio -o -H newc --quiet --reproducible -R 0:0 | gzip -9n) >"$tmp/initramfs.gz"

# The root: busybox, the server, what makes the file system of the first boot, and the scripts.
root=$tmp/root
for directory in bin sbin usr/bin usr/sbin usr/libexec lib/aarch64-linux-gnu etc/init.d etc/pillarbox var/lib/pillarbox \
	dev proc sys run tmp data root; do
	mkdir -p "$root/$directory"
done
qemu-aarch64-static "$debian/bin/busybox" --list-full | while read -r applet; do
	[ "$applet" = linuxrc ] || ln -s /bin/busybox "$root/$applet"
done
cp --remove-destination "$debian/bin/busybox" "$root/bin/"
for tool in sbin/mkfs.f2fs sbin/fsck.f2fs sbin/sfdisk usr/bin/partx; do
	cp --remove-destination "$tools/$tool" "$root/$tool"
done
for library in c blkid f2fs f2fs_format fdisk pcre2-8 readline selinux smartcols tinfo uuid; do
	find "$tools/lib" "$tools/usr/lib" -name "lib$library.so.*" -exec cp -a -t "$root/lib/aarch64-linux-gnu/" {} +
done
cp "$tools/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1" "$root/lib/"
modules "$root/lib/modules" virtio_net f2fs tls i6300esb >"$tmp/list"
mv "$tmp/list" "$root/lib/modules/list"
modules "$root/lib/modules" gcm ghash-ce aes-ce-blk chacha20poly1305 chacha-neon poly1305-neon >"$tmp/list"
mv "$tmp/list" "$root/lib/modules/ciphers" # for scripts/image/S50ciphers

cp -r buildroot/board/pillarbox/overlay/. "$root/"
cp buildroot/package/pillarbox/S60pillarbox scripts/image/S40network scripts/image/S50ciphers "$root/etc/init.d/"
cp buildroot/package/pillarbox/pillarbox-keep "$root/usr/libexec/"
chmod 755 "$root/etc/init.d/S60pillarbox" "$root/usr/libexec/pillarbox-keep"
cp scripts/image/rcS scripts/image/rcK "$root/etc/init.d/"
cp scripts/image/inittab scripts/image/udhcpc.script "$root/etc/"
buildroot/board/pillarbox/identity.sh "$root" "$board" "$build_version" "$build_commit"
echo pillarbox >"$root/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
printf 'root:x:0:0:root:/root:/bin/sh\npillarbox:x:100:100:mail server:/var/lib/pillarbox:/sbin/nologin\n' >"$root/etc/passwd"
printf 'root:x:0:\npillarbox:x:100:\n' >"$root/etc/group"
if [ "${CONSOLE:-}" = getty ]; then
	sed -i 's|^console::.*|console::respawn:/sbin/getty -L console 0 vt100|' "$root/etc/inittab"
	sed -i 's/^root:x:/root::/' "$root/etc/passwd"
fi
ln -s ../run "$root/var/run"
ln -s ../proc/mounts "$root/etc/mtab"
ln -s ../run/resolv.conf "$root/etc/resolv.conf"
if [ -n "${PILLARBOX:-}" ]; then
	cp "$PILLARBOX" "$root/usr/bin/pillarbox"
else
	# shellcheck disable=SC2046 # a flag a word
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build $(scripts/lean.sh) -buildvcs=false -ldflags "-s $build_flags" \
		-o "$root/usr/bin/pillarbox" ./cmd/pillarbox
fi
cat "$cache/arm64/versions" "$cache/arm64-tools/versions" >"$tmp/versions"
mkdir -p "$root/usr/share/pillarbox"
build_sbom "$root/usr/bin/pillarbox" "$root/usr/share/pillarbox/sbom.cdx.json" -image "pillarbox-$board" -debian "$tmp/versions"
cp "$root/usr/share/pillarbox/sbom.cdx.json" "$folder/pillarbox-$board.cdx.json"
# lz4: zstd saves a tenth of the update, and costs a quarter of the time from the kernel's start to
# the banner.
mksquashfs "$root" "$tmp/root.squashfs" -comp lz4 -Xhc -b 128K -all-root -no-progress -quiet

buildroot/board/pillarbox/pack.sh "$board" "$folder" "$kernel" "$tmp/root.squashfs" "$tmp/initramfs.gz"
scripts/image/u-boot.sh "$folder/u-boot.bin"
ls -sh "$folder/pillarbox-$board.img" "$folder/pillarbox-$board.update"
