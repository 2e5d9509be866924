#!/bin/sh
# remotebench.sh [quick]: what fetching from a provider and sending through a smarthost cost:
# pillarbox, beside fetchmail and getmail6 into Dovecot, and beside Postfix as the queue, one after
# the other on one fresh ext4 on a loop device. Prints Markdown, after about half an hour; "quick"
# takes fewer messages. Needs root, for the device and the mount, and what "peers.sh install"
# installs; exit code 75: that is not there.
#
#   PILLARBOX  a binary to measure, not this tree's
#   IMAGE      the folder for the image, of up to 3 GiB (default: /dev/shm, where a flush costs no
#              time; it is counted)
#   NOTES      a file to append the figures to, for the tables of cmd/pillarbench/README.md
#   FETCHERS, QUEUES, RUNS
set -eu
cd "$(dirname "$0")/.."
: "${FETCHERS=pillarbox,fetchmail,getmail}" "${QUEUES=pillarbox,postfix}" "${RUNS=1}"
if [ "$(id -u)" != 0 ]; then
	echo "remotebench.sh: only root can mount the loop device" >&2
	exit 1
fi
for program in fetchmail getmail postfix "${PREFIX:-/opt/pillarbench}/usr/lib/dovecot/imap"; do
	command -v "$program" >/dev/null || { echo "remotebench.sh: not installed: $program (peers.sh install)" >&2; exit 75; }
done
case ${1:-} in
quick) messages=200 left=200 polls=1 breaks=5 waiting=20 loads=4k ;;
'') messages=2000 left=5000 polls=4 breaks=50 waiting=100 loads=4k,mix ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac

memory=$(mktemp -d -p /dev/shm)
tmp=$(mktemp -d -p "${IMAGE:-/dev/shm}")
chmod 711 "$tmp" "$memory" # the peers' mail belongs to nobody
loop=
trap 'unmount; rm -rf "$tmp" "$memory"' EXIT
trap 'exit 130' INT TERM

unmount() {
	[ -n "$loop" ] || return 0
	umount "$tmp/mount" || true
	losetup -d "$loop" || true
	loop=
}

if [ -z "${PILLARBOX:-}" ]; then
	export PILLARBOX="$tmp/pillarbox"
	# shellcheck disable=SC2046 # one flag a word
	CGO_ENABLED=0 go build $(scripts/lean.sh) -o "$PILLARBOX" ./cmd/pillarbox
fi
CGO_ENABLED=0 go build -trimpath -o "$tmp/pillarbench" ./cmd/pillarbench
truncate -s 3G "$tmp/image"
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 -N 300000 "$tmp/image"
mkdir "$tmp/mount"
loop=$(losetup --find --show "$tmp/image")
mount -o noatime "$loop" "$tmp/mount"
mkdir "$tmp/mount/fetch" "$tmp/mount/send"

echo "$(uname -sm) $(uname -r), $(nproc) CPUs, $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1-3 /proc/loadavg)"
printf '\nsend, %s:\n\n' "$(date -u +%F)"
"$tmp/pillarbench" send -pillarbox "$PILLARBOX" -queues "$QUEUES" -folder "$tmp/mount/send" ${NOTES:+-note "$NOTES"} \
	-runs "$RUNS" -messages "$messages" -waiting "$waiting" -loads "$loads"
printf '\nfetch, %s:\n\n' "$(date -u +%F)"
"$tmp/pillarbench" fetch -pillarbox "$PILLARBOX" -fetchers "$FETCHERS" -folder "$tmp/mount/fetch" -memory "$memory" ${NOTES:+-note "$NOTES"} \
	-runs "$RUNS" -messages "$messages" -left "$left" -polls "$polls" -breaks "$breaks" -loads "$loads"
