#!/bin/sh
# wear.sh [FLAG...]: what a mail costs the flash, on an ext4 of its own: device octets, flushes,
# CPU, memory. Prints Markdown. Needs root, for the loop device and the mount.
#
# Flags go to "pillarbench wear" (-mails 500 -octets 4096 -senders 1,16). PILLARBOX names a
# binary to measure; IMAGE a folder for the 512 MiB image (default: the temporary folder);
# OPTIONS more mount options, such as commit=600.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	echo "wear.sh: only root can mount the loop device" >&2
	exit 1
fi

tmp=$(mktemp -d -p "${IMAGE:-${TMPDIR:-/tmp}}")
loop=
trap 'umount "$tmp/mount" 2>/dev/null || true; [ -z "$loop" ] || losetup -d "$loop"; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh

box_build
CGO_ENABLED=0 go build -trimpath -o "$tmp/pillarbench" ./cmd/pillarbench
fallocate -l 512M "$tmp/image"
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$tmp/image"
loop=$(losetup --find --show "$tmp/image")
mkdir "$tmp/mount"
mount -o "noatime${OPTIONS:+,$OPTIONS}" "$loop" "$tmp/mount"
mkdir "$tmp/mount/box"
"$tmp/pillarbench" wear -box "$PILLARBOX" -folder "$tmp/mount/box" "$@"
