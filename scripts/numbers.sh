#!/bin/sh
# numbers.sh [PART...]: measures every figure of the table "What it is held to" of
# cmd/pillarbench/README.md in one run of about half an hour, and prints where they are. Parts:
#
#   wear      device octets and flushes of mail in and of an import, beside Dovecot and Postfix
#   cpu       mail out, beside the bare server, Dovecot and popa3d
#   arm       instructions of mail out over TLS on ARM
#   memory    at rest with everything on, a page, sessions and stalled downloads
#   kernel    a stalled download whose records the kernel makes, in an emulated arm64 guest
#   children  of fetching and sending
#   start     the index of 100,000 messages, and a start with them
#   hostile   the worst answer to a known client, and what is left after an attack
#   size      the program for flash
#   boot      of the card image
#
# NOTES names the file for the figures (default: one in the temporary folder). They are added to
# cmd/pillarbench/results.tsv by hand, after a look at them. Needs root, and what the script of each
# part needs; peers are those of "peers.sh install".
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "numbers.sh: only root can mount the loop devices" >&2 && exit 1; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
: "${NOTES:=${TMPDIR:-/tmp}/pillarbox-numbers.tsv}"
notes=$NOTES
export NOTES="$tmp/notes"
export PILLARBOX="$tmp/pillarbox"
# shellcheck disable=SC2046 # a flag a word
CGO_ENABLED=0 go build $(scripts/lean.sh) -o "$PILLARBOX" ./cmd/pillarbox
CGO_ENABLED=0 go build -trimpath -o "$tmp/pillarbench" ./cmd/pillarbench

bench() {
	subcommand=$1
	shift
	mkdir "$tmp/$subcommand"
	"$tmp/pillarbench" "$subcommand" -pillarbox "$PILLARBOX" -folder "$tmp/$subcommand" -note "$NOTES" "$@"
	rm -rf "${tmp:?}/$subcommand"
}
wear() {
	SERVERS='pillarbox dovecot-maildir postfix' FILESYSTEMS=ext4 scripts/wear.sh -loads 4k -senders 1,16 -messages 300 -import 3000
}
cpu() { BENCHMARKS=retr SIZES=4k,10240k scripts/bench.sh; }
arm() { scripts/arm.sh RetrieveTLS; }
memory() {
	scripts/webmemory.sh 3 "$PILLARBOX"
	bench idle -sessions 1000
}
kernel() { scripts/ktls.sh memory; }
children() { scripts/remote.sh -memory; }
start() {
	export SERVERS=pillarbox FILESYSTEMS=ext4 BENCH=start
	scripts/wear.sh -messages 100000 -warm
	scripts/wear.sh -messages 100000 -warm -imported
}
hostile() { "$tmp/pillarbench" hostile -pillarbox "$PILLARBOX" -note "$NOTES"; }
size() { scripts/cross.sh arm64 armv7; }
boot() {
	openssl genpkey -algorithm ed25519 -out "$tmp/key.pem"
	# The image has a server for its own processor.
	PILLARBOX='' UPDATE_KEY="$tmp/key.pem" scripts/image.sh "$tmp/image"
	PYTHONDONTWRITEBYTECODE=1 python3 scripts/image/boottime.py "$tmp/image/u-boot.bin" "$tmp/image/pillarbox-qemu-aarch64.img" 3
}

[ $# -gt 0 ] || set -- wear cpu arm memory kernel children start hostile size boot
echo "$(uname -sm) $(uname -r), $(nproc) CPUs, $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1-3 /proc/loadavg), $(date -u +%F)"
failed=
for part; do
	printf '\n== %s\n' "$part"
	("$part") || failed="$failed $part"
done
# The figures have names of their own: other tables of README.md are of other runs.
sed 's/^/numbers /; s/^numbers size lean	\([^	]*\)	/numbers size \1	pillarbox	/
	s/	pillarbox, imported	/ imported	pillarbox	/' "$NOTES" >>"$notes"
printf '\nThe figures are in %s.\n' "$notes"
[ -z "$failed" ] || { echo "numbers.sh: failed:$failed" >&2 && exit 1; }
