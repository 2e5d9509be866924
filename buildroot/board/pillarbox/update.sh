#!/bin/sh
# update.sh BOARD VERSION KERNEL ROOT FILE: makes an update for pillarbox-update(8), which says what
# one looks like, from a kernel and a root. It pads both to blocks of 4096 octets. With UPDATE_KEY
# the update is signed (sign.sh).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
board=$1 version=$2 kernel=$3 root=$4 file=$5

case $version in
[0-9]*) ;;
*) echo "update.sh: \"$version\" is no version: it must begin with a digit" >&2 && exit 2 ;;
esac
case $version in
*[!0-9A-Za-z.+~-]*) echo "update.sh: \"$version\" is no version: digits, letters and . + ~ - may be in it" >&2 && exit 2 ;;
esac

# part NAME FILE: its line of the page.
part() {
	truncate -s %4096 "$2"
	sum=$(sha256sum <"$2")
	echo "$1 $(($(stat -c %s "$2") / 4096)) ${sum%% *}"
}

{
	echo "pillarbox update 1"
	echo "board $board"
	part kernel "$kernel"
	part root "$root"
	echo "version $version"
} >"$file"
truncate -s 4096 "$file"
cat "$kernel" "$root" >>"$file"
if [ -n "${UPDATE_KEY:-}" ]; then
	"$here/sign.sh" "$UPDATE_KEY" "$file"
else
	echo "update.sh: $file is not signed: UPDATE_KEY names no key; cards install it with -allow-unsigned alone" >&2
fi
