#!/bin/sh
# ktls.sh [-part] [STEP...]: TLS of the kernel (tls.kernel), in emulated arm64 guests whose kernels
# have the module. Without steps, the first three:
#
#   clients   real mail clients fetch large messages, with AES-128-GCM and with ChaCha20-Poly1305
#   protocol  what no mail client does (scripts/qemu/tlsclient.py): new keys, half-closed and reset
#             connections, damaged records, stalled downloads
#   rekey     the same with a kernel that replaces keys (Linux 6.14), of another suite of Debian
#   inside    the suite, a short hostile run and fuzzing in the guest, with the kernel's TLS and
#             without (inside_on, inside_off)
#   memory    what a stalled download holds
#
# -part is the clients fdm and mpop, and protocol with short stalls.
#
# Needs what scripts/clients.sh and scripts/qemu/guest.sh need, openssl and qemu-system-arm. Without
# the emulator it says so and does nothing, but in CI that is an error.
set -eu
cd "$(dirname "$0")/.."
if ! command -v qemu-system-aarch64 >/dev/null; then
	echo "ktls.sh: skipped, for there is no qemu-system-aarch64 (Debian: qemu-system-arm)"
	[ "${CI:-}" != true ]
	exit
fi
export STALL=590 # the longest that a client may stall is ten minutes
clients=
if [ "${1:-}" = -part ]; then
	shift
	clients=mpop STALL=15
	[ $# -gt 0 ] || set -- clients protocol
fi
[ $# -gt 0 ] || set -- clients protocol rekey
: "${GUEST_REKEY:=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/guest-rekey}"

tmp=$(mktemp -d)
box_pid=
trap '[ -z "$box_pid" ] || kill "$box_pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/qemu/box.sh
export ACCOUNT=anna

scripts/qemu/guest.sh "$GUEST"

# Real clients, by each cipher suite.
clients() {
	# shellcheck disable=SC2086 # a word or none
	BOX=scripts/qemu/box.sh GODEBUG='' scripts/clients.sh tls delete $clients
	# shellcheck disable=SC2086
	BOX=scripts/qemu/box.sh GODEBUG=cpu.aes=off scripts/clients.sh tls keep $clients
}

# boot: starts a guest with a server that has the account anna.
boot() {
	[ -e "$tmp/root/box/pillarbox" ] || box_build
	rm -f "$tmp/console"
	box_configure
	box_user anna
	box_start
}

down() {
	box_stop
	box_pid=
}

protocol() {
	boot
	{
		printf 'Subject: large\r\n\r\n'
		awk 'BEGIN { for (i = 0; i < 30000; i++) printf "%08d the quick brown fox jumps over the lazy dog, and over it again\r\n", i }'
	} >"$tmp/letter"
	python3 scripts/clients/wire.py send "$tmp/letter" anna@home.arpa
	python3 scripts/qemu/tlsclient.py
	down
}

# A client asks for new keys twice. Each suite's keys are replaced by the probe as well.
rekey() {
	SUITE=trixie-backports scripts/qemu/guest.sh "$GUEST_REKEY"
	usual=$GUEST stall=$STALL
	export GUEST="$GUEST_REKEY" ANSWERS=2 STALL=15
	protocol
	export GUEST="$usual" STALL="$stall"
	unset ANSWERS
}

# programs: the guest gets what it runs itself.
programs() {
	[ ! -e "$tmp/root/box/pillarbench" ] || return 0
	mkdir -p "$tmp/root/box"
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -ldflags=-s -o "$tmp/root/box/pillarbench" ./cmd/pillarbench
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go test -c -fuzz FuzzExchange -o "$tmp/root/box/ktls.test" ./pop3/ktls
	cp scripts/qemu/tls-inside scripts/qemu/tls-memory "$tmp/root/box/"
}

# inside_with KERNEL: what the guest does with a tls.kernel.
inside_with() {
	export KERNEL="$1"
	boot
	box_run tls-inside || { cat "$tmp/tls-inside" && return 1; }
	grep -E 'passed|^ok|^PASS|TestSystem|suites|fuzz: elapsed.*execs' "$tmp/tls-inside" | tail -n 20
	down
	unset KERNEL
}

inside_on() {
	programs
	inside_with on
}

inside_off() {
	programs
	inside_with off
}

inside() {
	inside_on
	inside_off
}

memory() {
	programs
	boot
	box_run tls-memory || { cat "$tmp/tls-memory" && held=no; }
	grep '^|' "$tmp/tls-memory"
	[ -z "${NOTES:-}" ] || awk -F ' *[|] *' '$3 == "plain" || $3 == "TLS" { printf "kernel %s, %s\tpillarbox\tKiB each\t%s\n", $3, $4, $6 }' \
		"$tmp/tls-memory" | grep -v -- '-$' >>"$NOTES"
	down
	[ "${held:-}" != no ] # a limit that is exceeded is a figure, too
}

for step; do
	echo "== $step"
	$step
done
