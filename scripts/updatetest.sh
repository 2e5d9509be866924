#!/bin/sh
# updatetest.sh: runs pillarbox-update, in a minute, on a card of files: updates that are tampered
# with, older, foreign or unsigned are refused, a good one passes, and after a power cut at each
# write the card boots. imagecuts.sh does so on the emulated board.
#
# Needs root, busybox, openssl and python3.
set -eu
cd "$(dirname "$0")/.."
missing=
for tool in busybox openssl python3 chroot; do
	command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ] || [ "$(id -u)" != 0 ]; then
	echo "updatetest.sh: skipped, for it needs root and:${missing:- nothing else}. Debian has busybox-static and openssl."
	[ "${CI:-}" != true ]
	exit
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
CGO_ENABLED=0 go build -o "$tmp/pillarbox" ./cmd/pillarbox
PYTHONDONTWRITEBYTECODE=1 python3 scripts/image/updatetest.py "$tmp/pillarbox" "$tmp"
