#!/bin/sh
# cross.sh: builds the box for all processors (scripts/boards.sh), or for those that are named, prints the sizes, and lets each
# binary, under qemu-user, take a mail by SMTP and give it out by POP3, octet for octet. It fails when the box for arm64 or armv7,
# the boards that are meant, is larger than 7.0 MB.
#
#   scripts/cross.sh [NAME]...
#
# Needs qemu-user-static and python3.
set -eu
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
box_pid=
trap '[ -z "$box_pid" ] || kill "$box_pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh
. scripts/boards.sh

# round_trip NAME: the box is $tmp/NAME/pillarbox.
round_trip() {
	binary=$tmp/$1/pillarbox
	PILLARBOX="$(board_emulator "$1") $binary"
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
	octets=$(wc -c <"$binary")
	printf '%-8s %10d %10d   PASS\n' "$1" "$octets" "$(gzip -9c "$binary" | wc -c)" >>"$tmp/table"
	case $1 in
	arm64 | armv7) [ "$octets" -le 7000000 ] || echo "$1: $octets octets, 7000000 are allowed" >>"$tmp/large" ;;
	esac
}

python3 scripts/clients/letters.py "$tmp/letters"
# shellcheck disable=SC2086 # a name a word
[ $# -gt 0 ] || set -- $boards
for name; do
	mkdir "$tmp/$name"
	board_build "$name" "$tmp/$name/pillarbox"
	round_trip "$name"
done
printf '\n%-8s %10s %10s   %s\n' processor octets gzip "SMTP to POP3"
cat "$tmp/table"
[ ! -e "$tmp/large" ] || { cat "$tmp/large" >&2 && exit 1; }
