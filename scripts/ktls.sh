#!/bin/sh
# ktls.sh [-part]: TLS of the kernel (tls.kernel), in an emulated arm64 guest whose kernel has the
# module: real mail clients fetch large messages, with AES-128-GCM and with ChaCha20-Poly1305; then
# what no mail client does (scripts/qemu/tlsclient.py): new keys, half-closed and reset connections,
# damaged records, stalled downloads. -part is the clients fdm and mpop, and short stalls.
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
[ "${1:-}" != -part ] || { clients=mpop && STALL=15; }

# Real clients, by each suite.
# shellcheck disable=SC2086 # a word or none
BOX=scripts/qemu/box.sh GODEBUG='' scripts/clients.sh tls delete $clients
# shellcheck disable=SC2086
BOX=scripts/qemu/box.sh GODEBUG=cpu.aes=off scripts/clients.sh tls keep $clients

tmp=$(mktemp -d)
box_pid=
trap '[ -z "$box_pid" ] || kill "$box_pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/qemu/box.sh
export ACCOUNT=anna
box_build
box_configure
box_user anna
box_start
{
	printf 'Subject: large\r\n\r\n'
	awk 'BEGIN { for (i = 0; i < 30000; i++) printf "%08d the quick brown fox jumps over the lazy dog, and over it again\r\n", i }'
} >"$tmp/letter"
python3 scripts/clients/wire.py send "$tmp/letter" anna@home.arpa
python3 scripts/qemu/tlsclient.py
box_stop
box_pid=
