#!/bin/sh
# board.sh [cuts N [remote] | mutants | hour [DURATION] | imx6ul]: the server on an emulated arm64
# board with 64 MiB of memory. Without an argument, in minutes: mail in and out (arm64 and armv7),
# the hardware watchdog, ten power cuts on ext4 and on f2fs, four while mail is fetched from a
# provider and sent through it, and proof that the test would see mail being lost.
# "cuts N" makes N power cuts on each file system, from SEED on, with "remote" while mail is fetched
# and sent, which takes up to twice as long; "mutants" is that proof alone;
# "hour" is mixed load for that long (1h); "imx6ul" is mail and the watchdog of an i.MX 6UltraLite.
#
# Needs qemu-system-arm, kmod, cpio, e2fsprogs, f2fs-tools and, the first time, Debian's mirror for
# the guest's kernel, which is kept in GUEST (default: ~/.cache/pillarbox/guest). Without the
# emulator it says so and does nothing, but in CI that is an error.
set -eu
cd "$(dirname "$0")/.."

missing=
for tool in qemu-system-aarch64 depmod cpio mkfs.ext4 mkfs.f2fs; do
	command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "board.sh: skipped, for there is no$missing. Debian has qemu-system-arm, kmod, cpio, e2fsprogs, f2fs-tools."
	[ "${CI:-}" != true ]
	exit
fi
: "${GUEST:=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/guest}" "${SEED=}"
tmp=$(mktemp -d)
beside=
# shellcheck disable=SC2086 # a number a word
trap '[ -z "$beside" ] || kill $beside 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

scripts/qemu/guest.sh "$GUEST"
CGO_ENABLED=0 go build -o "$tmp/pillarbench" ./cmd/pillarbench

# box NAME [FLAG...]: builds the server for Linux on the processor that the environment names.
box() {
	name=$1
	shift
	# shellcheck disable=SC2046 # a flag a word
	CGO_ENABLED=0 GOOS=linux go build $(scripts/lean.sh) "$@" -o "$tmp/$name" ./cmd/pillarbox
}
bench() {
	subcommand=$1 binary=$2
	shift 2
	${exec:-} "$tmp/pillarbench" "$subcommand" -guest "$GUEST" -pillarbox "$tmp/$binary" "$@"
}
# beside COMMAND...: one that ends with bench, in the background, where a kill reaches it.
beside() {
	(exec="exec" && "$@") >"$(mktemp "$tmp/beside.XXXXXX")" 2>&1 &
	beside="$beside $!"
}
# joined: waits for all that runs in the background, and fails if one of them did.
joined() {
	status=0
	for process in $beside; do
		wait "$process" || status=$?
	done
	beside=
	cat "$tmp"/beside.*
	return "$status"
}
# cuts_on FILESYSTEM N [remote]. In 64 MiB it would take longer, for Debian's kernel leaves so little of them
# that programs are paged.
cuts_on() {
	bench cut arm64 -memory 128 -filesystem "$1" -cuts "$2" ${3:+-remote} -limit 24h ${SEED:+-seed "$SEED"} ${NOTES:+-note "$NOTES"}
}
cuts() {
	cuts_on ext4 "$@"
	cuts_on f2fs "$@"
}
# mutants: a mount and a server that do not flush lose mail, or the test would see nothing; the same
# cuts take none from a server that does.
mutants() {
	beside bench cut arm64 -memory 128 -harsh -cuts 5
	sync=spool/flash/file_linux.go
	sed 's/return datasync(f.writer)/return nil/' "$sync" >"$tmp/file_linux.go"
	if cmp -s "$sync" "$tmp/file_linux.go"; then
		echo "board.sh: $sync has no flush to take away" >&2
		exit 1
	fi
	printf '{"Replace": {"%s": "%s"}}\n' "$PWD/$sync" "$tmp/file_linux.go" >"$tmp/overlay.json"
	GOARCH=arm64 box unflushed -overlay "$tmp/overlay.json"
	bench cut arm64 -memory 128 -lossy -cuts 5 -mount noatime,nobarrier
	bench cut arm64 -memory 128 -lossy -cuts 5 -filesystem f2fs -mount noatime,fsync_mode=nobarrier
	bench cut unflushed -memory 128 -lossy -cuts 5
	joined
}

# imx6ul: another board, with a kernel and a watchdog of its own.
imx6ul() {
	scripts/qemu/guest.sh "$GUEST-imx6ul" imx6ul
	for part in mail watchdog; do
		"$tmp/pillarbench" board -machine imx6ul -guest "$GUEST-imx6ul" -pillarbox "$tmp/armv7" -memory 128 -part "$part"
	done
}
hour() {
	bench board arm64 -part hour -duration "${1:-1h}"
}
short() {
	beside bench board arm64 -part watchdog # waits most of the time
	bench board arm64
	bench board armv7
	beside cuts_on ext4 10
	cuts_on f2fs 10
	cuts_on ext4 4 remote
	mutants
}

case ${1:-short} in
short | cuts | mutants | hour | imx6ul) ;;
*) echo "board.sh: there is no $1" >&2 && exit 64 ;;
esac
GOARCH=arm64 box arm64
GOARCH=arm GOARM=7 box armv7
"${@:-short}"
