#!/bin/sh
# bench.sh [quick]: what mail out, mail in, a login and a deletion cost: pillarbox, other mail
# servers and a bare server take turns on one fresh ext4 on a loop device. Prints Markdown, after
# about ten minutes; "quick" takes fewer rows, runs and messages. A server that is not installed
# (peers.sh install) is named and left out. Needs root, for the device and the mount.
#
#   PILLARBOX  a binary to measure, not this tree's
#   IMAGE      the folder for the image, of up to 3 GiB (default: the temporary folder)
#   PLOT       a file to draw the figures into (SVG)
#   NOTES      a file to append the figures to, for the tables of cmd/pillarbench/README.md
#   OUT, IN    the servers for mail out and in
#   SIZES      octets a message, rows of mail out
#   BENCHMARKS what is measured: retr, ingest, login, delete, or some of them
set -eu
cd "$(dirname "$0")/.."
: "${OUT=pillarbox,dovecot-maildir,popa3d}" "${IN=pillarbox,dovecot-sdbox,postfix,mailpit}"
if [ "$(id -u)" != 0 ]; then
	echo "bench.sh: only root can mount the loop device" >&2
	exit 1
fi
case ${1:-} in
quick) runs=2 sizes=4k,10240k sessions=1 counts=1000,10000 ;;
'') runs=3 sizes=4k,64k,1024k,10240k sessions=1,8 counts=1000,10000,100000 ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac

tmp=$(mktemp -d -p "${IMAGE:-${TMPDIR:-/tmp}}")
chmod 711 "$tmp" # the peers' mail belongs to nobody
loop=
trap 'unmount; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh

unmount() {
	[ -n "$loop" ] || return 0
	umount "$tmp/mount" || true
	losetup -d "$loop" || true
	loop=
}

# measure SUBCOMMAND FLAGS... runs a benchmark in an empty folder.
measure() {
	subcommand=$1
	shift
	echo "== $subcommand" >&2
	mkdir "$tmp/mount/$subcommand"
	printf '\n%s, %s:\n\n' "$subcommand" "$(date -u +%F)"
	"$tmp/pillarbench" "$subcommand" -pillarbox "$PILLARBOX" -folder "$tmp/mount/$subcommand" -note "$tmp/notes" -runs "$runs" "$@"
	rm -rf "$tmp/mount/${subcommand:?}"
}

box_build
CGO_ENABLED=0 go build -trimpath -o "$tmp/pillarbench" ./cmd/pillarbench
truncate -s 3G "$tmp/image"
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 -N 300000 "$tmp/image"
mkdir "$tmp/mount"
loop=$(losetup --find --show "$tmp/image")
mount -o noatime "$loop" "$tmp/mount"

echo "$(uname -sm) $(uname -r), $(nproc) CPUs, $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1-3 /proc/loadavg)"
for benchmark in ${BENCHMARKS:-retr ingest login delete}; do
	case $benchmark in
	retr) measure retr -servers "$OUT" -sizes "${SIZES:-$sizes}" -sessions "$sessions" ;;
	ingest) measure ingest -servers "$IN" -period 400ms ;;
	login) measure login -servers "$OUT" -messages "$counts" ;;
	delete) measure delete -servers "$OUT" -messages 1000,10000 ;;
	*) echo "bench.sh: there is no benchmark $benchmark" >&2 && exit 2 ;;
	esac
done
[ -z "${NOTES:-}" ] || cat "$tmp/notes" >>"$NOTES"
[ -z "${PLOT:-}" ] || "$tmp/pillarbench" plot -notes "$tmp/notes" >"$PLOT"
