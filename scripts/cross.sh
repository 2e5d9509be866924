#!/bin/sh
# cross.sh: builds the box for arm64 and armv7, prints the sizes, and lets each binary, under
# qemu-user, take a mail by SMTP and give it out by POP3, octet for octet.
#
# Needs qemu-user-static and python3.
set -eu
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
box_pid=
trap '[ -z "$box_pid" ] || kill "$box_pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh

# round_trip ARCHITECTURE QEMU: the box is $tmp/ARCHITECTURE/pillarbox.
round_trip() {
	binary=$tmp/$1/pillarbox
	printf '%s: %s octets, ' "$1" "$(wc -c <"$binary")"
	PILLARBOX="$2 $binary"
	$PILLARBOX version
	box_configure
	box_user anna
	box_start
	for letter in dots one-mebibyte; do
		python3 scripts/clients/wire.py send "$tmp/letters/text/$letter" anna@home.arpa
	done
	ACCOUNT=anna python3 scripts/clients/wire.py fetch "$tmp/$1/mail"
	python3 scripts/clients/compare.py wire anna "$tmp/$1/mail" "$tmp/letters" dots one-mebibyte
	box_stop || { cat "$tmp/log" >&2 && return 1; }
	box_pid=
	rm -r "$tmp/state"
	echo "$1: SMTP to POP3: PASS"
}

python3 scripts/clients/letters.py "$tmp/letters"
mkdir "$tmp/arm64" "$tmp/armv7"
export CGO_ENABLED=0 GOOS=linux
GOARCH=arm64 go build -trimpath -ldflags '-s -w' -o "$tmp/arm64/pillarbox" ./cmd/pillarbox
GOARCH=arm GOARM=7 go build -trimpath -ldflags '-s -w' -o "$tmp/armv7/pillarbox" ./cmd/pillarbox
round_trip arm64 qemu-aarch64-static
round_trip armv7 qemu-arm-static
