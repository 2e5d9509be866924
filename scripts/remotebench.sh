#!/bin/sh
# remotebench.sh [quick]: what fetching from a provider and sending through a smarthost cost:
# pillarbox, beside fetchmail and getmail6 into Dovecot, and beside Postfix as the queue. Each has a
# fresh ext4 on a loop device of its own, so that all are measured at the same time: fetchmail takes
# ten messages in a second. Prints Markdown, after some fifteen minutes; "quick" takes fewer
# messages. Needs root, for the devices and mounts, and what "peers.sh install" installs; exit code
# 75: that is not there.
#
#   PILLARBOX  a binary to measure, not this tree's
#   IMAGE      the folder for the images, of up to 1 GiB each (default: /dev/shm, where a flush
#              takes no time; it is counted)
#   NOTES      a file to append the figures to, for the tables of cmd/pillarbench/README.md
#   FETCHERS, QUEUES, RUNS
set -eu
cd "$(dirname "$0")/.."
: "${FETCHERS=pillarbox fetchmail getmail}" "${QUEUES=pillarbox postfix}" "${RUNS=1}"
if [ "$(id -u)" != 0 ]; then
	echo "remotebench.sh: only root can mount the loop devices" >&2
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
loops='' parts=''
# shellcheck disable=SC2154 # the loops assign part and loop
trap 'for part in $parts; do umount "$tmp/$part" || true; done; for loop in $loops; do losetup -d "$loop" || true; done; rm -rf "$tmp" "$memory"' EXIT
trap 'exit 130' INT TERM

# part NAME SUBCOMMAND FLAGS... runs pillarbench in the background, in a file system of its own.
part() {
	part=$1 subcommand=$2
	shift 2
	truncate -s 1G "$tmp/$part.image"
	mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 -N 100000 "$tmp/$part.image"
	mkdir -p "$tmp/$part" "$memory/$part"
	chmod 711 "$memory/$part"
	loop=$(losetup --find --show "$tmp/$part.image")
	loops="$loops $loop"
	mount -o noatime "$loop" "$tmp/$part"
	parts="$parts $part"
	mkdir "$tmp/$part/servers"
	"$tmp/pillarbench" "$subcommand" -pillarbox "$PILLARBOX" -folder "$tmp/$part/servers" ${NOTES:+-note "$NOTES"} \
		-runs "$RUNS" -messages "$messages" "$@" >"$tmp/$part.printed" &
	echo "$!" >"$tmp/$part.pid"
}

if [ -z "${PILLARBOX:-}" ]; then
	export PILLARBOX="$tmp/pillarbox"
	# shellcheck disable=SC2046 # one flag a word
	CGO_ENABLED=0 go build $(scripts/lean.sh) -o "$PILLARBOX" ./cmd/pillarbox
fi
CGO_ENABLED=0 go build -trimpath -o "$tmp/pillarbench" ./cmd/pillarbench
echo "$(uname -sm) $(uname -r), $(nproc) CPUs, $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1-3 /proc/loadavg), $(date -u +%F)"
echo
for name in $FETCHERS; do
	for protocol in pop3 imap; do
		part "fetch-$name-$protocol" fetch -fetchers "$name" -protocols "$protocol" -memory "$memory/fetch-$name-$protocol" \
			-loads "$loads" -left 0 -breaks 0
		part "lines-$name-$protocol" fetch -fetchers "$name" -protocols "$protocol" -memory "$memory/lines-$name-$protocol" \
			-loads '' -left "$left" -polls "$polls" -breaks "$breaks"
	done
done
for name in $QUEUES; do
	part "send-$name" send -queues "$name" -loads "$loads" -waiting "$waiting"
done
failed=0
for part in $parts; do
	wait "$(cat "$tmp/$part.pid")" || failed=1
done
for part in $parts; do
	cat "$tmp/$part.printed"
done | awk '
	/^\| (fetcher|queue) / { heading = $0; if (!seen[heading]++) headings[++n] = heading }
	/^\|/ && !/^\| (fetcher|queue|---) / { rows[heading] = rows[heading] $0 "\n"; next }
	/skipped/
	END {
		for (i = 1; i <= n; i++) {
			columns = headings[i]
			gsub(/[^|]+/, " --- ", columns)
			print headings[i] "\n" columns "\n" rows[headings[i]]
		}
	}'
exit "$failed"
