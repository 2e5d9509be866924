#!/bin/sh
# pack.sh BOARD FOLDER KERNEL ROOT INITRAMFS [FILE...]: makes FOLDER/pillarbox-BOARD.img, to be
# written to a card, and FOLDER/pillarbox-BOARD.update, for pillarbox-update(8). A KERNEL may be
# packed by gzip already, INITRAMFS may be -, FILEs lie beside boot.scr. VERSION is the version of
# the update; UPDATE_KEY names the key that signs it (sign.sh).
#
# Needs mkimage (u-boot-tools), dtc, genimage, mkfs.vfat and mtools, and openssl to sign.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
board=$1 folder=$2 kernel=$3 root=$4 initramfs=$5
shift 5

# What differs: the processor, where the kernel is unpacked, how, the kernel's arguments, and
# whether the firmware of the board reads the old partition table, too. Debian's kernel, which
# scripts/image.sh uses, tests all its ciphers at each start unless notests says otherwise; that is
# a third of its time until init.
case $board in
qemu-aarch64) architecture=arm64 load=0x40400000 compression=gzip arguments="console=ttyAMA0 quiet cryptomgr.notests" table=gpt ;;
raspberrypi4-64) architecture=arm64 load=0x00080000 compression=gzip arguments="console=ttyAMA0,115200 quiet" table=hybrid ;;
raspberrypi2) architecture=arm load=0x01000000 compression=none arguments="console=ttyAMA0,115200 quiet" table=hybrid ;;
*) echo "pack.sh: $board is no board of this script" >&2 && exit 2 ;;
esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
mkdir "$tmp/in" "$tmp/empty"

case $compression,$kernel in
none,* | gzip,*.gz) cp "$kernel" "$tmp/linux" ;;
gzip,*) gzip -9cn "$kernel" >"$tmp/linux" ;;
esac
ramdisk='' with_ramdisk='' argument=-
if [ "$initramfs" != - ]; then
	with_ramdisk='ramdisk = "ramdisk";' argument="\${ramdisk_addr_r}#slot"
	ramdisk="ramdisk { data = /incbin/(\"$initramfs\"); type = \"ramdisk\"; arch = \"$architecture\"; os = \"linux\";
		compression = \"none\"; hash { algo = \"sha256\"; }; };"
fi
cat >"$tmp/kernel.its" <<ITS
/dts-v1/;
/ {
	description = "pillarbox for $board";
	#address-cells = <1>;
	images {
		kernel { data = /incbin/("$tmp/linux"); type = "kernel"; arch = "$architecture"; os = "linux";
			compression = "$compression"; load = <$load>; entry = <$load>; hash { algo = "sha256"; }; };
		$ramdisk
	};
	configurations {
		default = "slot";
		slot { kernel = "kernel"; $with_ramdisk };
	};
};
ITS
mkimage -f "$tmp/kernel.its" "$tmp/in/kernel" >"$tmp/log" || { cat "$tmp/log" >&2 && exit 1; }
cp "$root" "$tmp/in/root"
"$here/update.sh" "$board" "$VERSION" "$tmp/in/kernel" "$tmp/in/root" "$folder/pillarbox-$board.update"

sed "s|@ARGUMENTS@|$arguments|; s|@RAMDISK@|$argument|" "$here/boot.cmd" >"$tmp/boot.cmd"
mkimage -A "$architecture" -T script -d "$tmp/boot.cmd" "$tmp/in/boot.scr" >/dev/null
files='"boot.scr"' type=''
for file; do
	cp -r "$file" "$tmp/in/"
	files="$files, \"$(basename "$file")\""
done
[ "$table" = gpt ] || type='partition-type = 0xC'
sed "s|@FILES@|$files|; s|@IMAGE@|pillarbox-$board.img|; s|@TABLE@|$table|; s|@TYPE@|$type|" "$here/genimage.cfg" >"$tmp/genimage.cfg"
# The UUIDs follow from what is on the card, so that two builds are equal and two versions differ.
for name in disk boot state kernel-a root-a kernel-b root-b data; do
	uuid=$(cat "$tmp/in/kernel" "$tmp/in/root" "$tmp/in/boot.scr" | { sha256sum && echo "$name"; } | sha256sum |
		sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-8\3-8\4-\5/')
	sed -i "s/@UUID-$name@/$uuid/" "$tmp/genimage.cfg"
done
export TZ=UTC0 # FAT keeps the times of files in the time zone of the machine
genimage --rootpath "$tmp/empty" --tmppath "$tmp/work" --inputpath "$tmp/in" --outputpath "$tmp/out" \
	--config "$tmp/genimage.cfg" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2 && exit 1; }
mv "$tmp/out/pillarbox-$board.img" "$folder/"
