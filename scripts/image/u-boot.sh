#!/bin/sh
# u-boot.sh FILE [SUITE]: writes Debian's U-Boot for QEMU's arm64 board to FILE: that of the package
# u-boot-qemu, or of another suite of Debian (trixie), unpacked from the same mirror and not
# installed.
#
# Debian's waits two seconds for a key. Here it does not wait, as U-Boot of a Buildroot image does
# not (uboot.fragment).
set -eu
cd "$(dirname "$0")/../.."
file=$1 suite=${2:-}
u_boot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
if [ -n "$suite" ]; then
	folder=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/u-boot-$suite
	SUITE=$suite scripts/debian.sh "$folder" arm64 u-boot-qemu
	u_boot=$folder/root$u_boot
fi
sed 's/bootdelay=2/bootdelay=0/' "$u_boot" >"$file"
! cmp -s "$u_boot" "$file" || { echo "u-boot.sh: $u_boot has no bootdelay=2" >&2 && exit 1; }
