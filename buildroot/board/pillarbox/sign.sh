#!/bin/sh
# sign.sh KEY UPDATE: adds a signature to an update. KEY is a private Ed25519 key in PEM form:
#
#   openssl genpkey -algorithm ed25519 -out update-key.pem
#   openssl pkey -in update-key.pem -pubout -out update-key.pub.pem
#
# Make it once, and keep it, and a copy of it, away from the card and from git.
# An update may have several signatures; each is over what comes before the first. Needs openssl 3.
set -eu
key=$1 update=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

head -c 4096 "$update" | tr -d '\0' >"$tmp/text"
[ "$(head -n 1 "$tmp/text")" = "pillarbox update 1" ] || { echo "sign.sh: $update is not an update" >&2 && exit 1; }
sed '/^signature /,$d' "$tmp/text" >"$tmp/signed"
openssl pkey -in "$key" -pubout -outform DER -out "$tmp/public"
id=$(sha256sum <"$tmp/public" | cut -c1-16)
openssl pkeyutl -sign -rawin -inkey "$key" -in "$tmp/signed" -out "$tmp/signature"
[ "$(stat -c %s "$tmp/signature")" = 64 ] || { echo "sign.sh: $key is not an Ed25519 key" >&2 && exit 1; }
{
	grep -v "^signature $id " "$tmp/text"
	echo "signature $id $(base64 -w 0 "$tmp/signature")"
} >"$tmp/page"
[ "$(stat -c %s "$tmp/page")" -le 4096 ] || { echo "sign.sh: there is no room for another signature" >&2 && exit 1; }
truncate -s 4096 "$tmp/page"
dd if="$tmp/page" of="$update" conv=notrunc 2>"$tmp/log" || { cat "$tmp/log" >&2 && exit 1; }
