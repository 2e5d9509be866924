#!/bin/sh
# post-image.sh IMAGES BOARD: the card image and the update, from what Buildroot has made.
set -eu
images=$1 board=$2
here=$(cd "$(dirname "$0")" && pwd)
kernel=$images/Image
[ -e "$kernel" ] || kernel=$images/zImage
set --
for file in "$images"/rpi-firmware/* "$images"/*.dtb "$images"/u-boot.bin; do
	case $file in
	*/bcm*.dtb | */rpi-firmware/[!*]*) set -- "$@" "$file" ;;
	*/u-boot.bin) [ ! -e "$images/rpi-firmware" ] || set -- "$@" "$file" ;;
	esac
done
VERSION=$(sed -n 's/^IMAGE_VERSION=//p' "$TARGET_DIR/etc/os-release")
export VERSION
cp "$TARGET_DIR/usr/share/pillarbox/sbom.cdx.json" "$images/pillarbox-$board.cdx.json"
exec "$here/pack.sh" "$board" "$images" "$kernel" "$images/rootfs.squashfs" - "$@"
