#!/bin/sh
# wear.sh [FLAG...]: what a mail costs the flash: pillarbox and other mail servers, each on a fresh
# file system on a loop device. Prints Markdown; exit code 1 when a server failed or none was
# measured. Needs root, for the devices and mounts.
#
# Flags go to "pillarbench wear" (-loads 4k,mix -senders 1,16 -messages 500 -runs 3). The
# environment says the rest:
#   SERVERS      pillarbox and those of peers.sh, which must be installed (peers.sh install)
#   FILESYSTEMS  such as ext4, ext4,commit=600, xfs, f2fs; one that the kernel lacks is skipped
#   PILLARBOX    a binary to measure, not this tree's
#   IMAGE        the folder for the image, of up to 3 GiB (default: the temporary folder)
#   BENCH        start, for "pillarbench start" in place of wear
#   NOTES        a file to append the figures to, for the tables of cmd/pillarbench/README.md
set -eu
cd "$(dirname "$0")/.."
: "${SERVERS=pillarbox dovecot-mdbox dovecot-sdbox dovecot-maildir postfix}" "${FILESYSTEMS=ext4 xfs f2fs}"
if [ "$(id -u)" != 0 ]; then
	echo "wear.sh: only root can mount the loop device" >&2
	exit 1
fi

tmp=$(mktemp -d -p "${IMAGE:-${TMPDIR:-/tmp}}")
chmod 711 "$tmp" # the peers' mail belongs to nobody
loop=
trap 'unmount || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh

# mount_fresh TYPE OPTIONS makes and mounts a file system, or prints why not and fails.
mount_fresh() {
	if ! grep -qw "$1" /proc/filesystems && ! modprobe -q "$1" 2>/dev/null; then
		echo "$1 skipped: this kernel has no $1."
		return 1
	fi
	if ! command -v "mkfs.$1" >/dev/null; then
		echo "$1 skipped: mkfs.$1 is not installed."
		return 1
	fi
	mkdir -p "$tmp/mount"
	rm -f "$tmp/image"
	truncate -s 3G "$tmp/image"
	case $1 in
	ext4) mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$tmp/image" ;;
	*) "mkfs.$1" -q "$tmp/image" ;;
	esac &&
		loop=$(losetup --find --show "$tmp/image") &&
		mount -t "$1" -o "noatime${2:+,$2}" "$loop" "$tmp/mount" &&
		mkdir "$tmp/mount/server" && return
	echo "making and mounting $1: failed."
	return 1
}

unmount() {
	[ -n "$loop" ] || return 0
	! scripts/peers.sh stop "$tmp/mount/server" 2>/dev/null || echo "wear.sh: a peer still ran" >&2
	umount "$tmp/mount"
	losetup -d "$loop"
	loop=
}

box_build >&2
CGO_ENABLED=0 go build -trimpath -o "$tmp/pillarbench" ./cmd/pillarbench
for filesystem in $FILESYSTEMS; do
	type=${filesystem%%,*}
	options=${filesystem#"$type"}
	for server in $SERVERS; do
		mount_fresh "$type" "${options#,}" || break
		echo "== $server on $filesystem" >&2
		"$tmp/pillarbench" "${BENCH:-wear}" -pillarbox "$PILLARBOX" -server "$server" -label "$filesystem" -folder "$tmp/mount/server" ${NOTES:+-note "$NOTES"} "$@" ||
			echo "$server on $filesystem: failed."
		unmount
	done
done >"$tmp/printed"
awk '
	/^\|/ { if (!seen[$0]++) { print; rows++ } next } # one heading for all
	/failed\.$/ { failed = 1 }
	{ notes = notes "\n" $0 }
	END { print notes; exit failed || rows <= 2 }' "$tmp/printed"
