#!/bin/sh
# router.sh PACKAGE FOLDER: walks through what router.py says, in a root as an ordinary OpenWrt
# router has it: a squashfs that holds the package, and above it an overlay whose upper directory is
# /overlay/upper, on an ext4 of its own. Beneath the squashfs lies this machine's root, which brings
# a shell. Nothing that is written there stays. PACKAGE is an ipk or an apk, FOLDER is scratch.
# Needs root, a loop device, squashfs-tools, e2fsprogs, dash, python3, util-linux and iproute2.
set -eu
package=$1 folder=$2 here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder/root" "$folder/preinit"

case $package in
*.ipk) tar -xzOf "$package" ./data.tar.gz | tar -xz -C "$folder/root" ;;
*.apk)
	tar -xz -C "$folder/root" --warning=no-unknown-keyword -f "$package"
	grep -Eqx 'pkgver = [0-9]+(\.[0-9]+)*(_pre[0-9]+)?(~[0-9a-f]+)?-r[0-9]+' "$folder/root/.PKGINFO" || { echo "router: apk takes no such version" >&2 && exit 1; }
	for script in pre-upgrade post-upgrade; do
		grep -qx 'export PKG_UPGRADE=1' "$folder/root/.$script"
	done
	[ -x "$folder/root/.post-install" ] && [ -x "$folder/root/.pre-deinstall" ]
	while read -r file; do
		[ -e "$folder/root$file" ] || { echo "router: its list has $file" >&2 && exit 1; }
	done <"$folder/root/lib/apk/packages/pillarbox.list"
	grep -qx /etc/init.d/pillarbox "$folder/root/lib/apk/packages/pillarbox.list"
	grep -qx pillarbox=1110:pillarbox=1110 "$folder/root/lib/apk/packages/pillarbox.rusers"
	rm "$folder"/root/.[a-zA-Z]*
	;;
esac
mkdir -p "$folder/root/usr/lib/router"
cp "$here"/router.py "$here"/procd.py "$here"/ubusd.py "$here"/uci.sh "$here"/mail.py "$folder/root/usr/lib/router"
if [ -L /lib ]; then # then the package's /lib must not take its place
	cp -r "$folder/root/lib" "$folder/root/usr"
	rm -r "$folder/root/lib"
fi
mksquashfs "$folder/root" "$folder/rom.squashfs" -quiet -no-progress -all-root
truncate -s 192M "$folder/overlay.ext4"
mkfs.ext4 -q "$folder/overlay.ext4"

# shellcheck disable=SC2016 # for the inner shell
exec unshare --mount --net --pid --fork --kill-child --propagation private sh -euc '
	mount -t tmpfs tmpfs "$1/preinit"
	cd "$1/preinit"
	mkdir upper work root
	mount -t overlay overlay -o "lowerdir=/,upperdir=$PWD/upper,workdir=$PWD/work" root
	cd root
	mkdir -p rom overlay host before
	mount --bind / host
	mount -o loop,ro "$1/rom.squashfs" rom
	mount -o loop "$1/overlay.ext4" overlay
	mkdir overlay/upper overlay/work
	mount -t proc proc proc
	mount --bind /dev dev
	pivot_root . before
	mount -t overlay overlayfs:/overlay -o lowerdir=/rom:/host,upperdir=/overlay/upper,workdir=/overlay/work /mnt
	mkdir -p /mnt/overlay /mnt/rom /mnt/old
	mount --move /overlay /mnt/overlay
	mount --move /rom /mnt/rom
	cd /mnt
	mount -t proc proc proc
	mount -t sysfs sysfs sys
	mount -t tmpfs -o mode=755 tmpfs var # as OpenWrt has it
	mount -t tmpfs tmpfs tmp
	mount -t tmpfs -o mode=755 tmpfs dev
	for device in null zero full random urandom; do
		: >dev/$device
		mount --bind "/dev/$device" dev/$device
	done
	pivot_root . old
	umount -l /old
	ip link set lo up
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin python3 -B /usr/lib/router/router.py
' router "$folder"
