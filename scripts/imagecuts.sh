#!/bin/sh
# imagecuts.sh: lets QEMU's arm64 board refuse a foreign, an older and a tampered update, pulls its
# plug at each write of a good one, and expects it to start each time. scripts/updatetest.sh does so
# in a minute, without the board.
#
# Needs what scripts/imagetest.sh needs, and openssl.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
board=buildroot/board/pillarbox
for name in ours theirs; do # keys for this test alone
	openssl genpkey -algorithm ed25519 -out "$tmp/$name.pem"
done
UPDATE_KEY="$tmp/ours.pem" scripts/image.sh "$tmp/now"
good=$tmp/now/pillarbox-qemu-aarch64.update

# The same update, signed by a key that the card does not trust.
{
	head -c 4096 "$good" | tr -d '\0' | grep -v '^signature '
	head -c 4096 /dev/zero
} | head -c 4096 >"$tmp/foreign"
tail -c +4097 "$good" >>"$tmp/foreign"
"$board/sign.sh" "$tmp/theirs.pem" "$tmp/foreign"
# It is refused by its first page; what follows that does not matter.
cp "$tmp/now/u-boot.bin" "$tmp/any"
UPDATE_KEY="$tmp/ours.pem" "$board/update.sh" qemu-aarch64 0.0.9 "$tmp/any" "$tmp/any" "$tmp/older"

cp --sparse=always "$tmp/now/pillarbox-qemu-aarch64.img" "$tmp/card.img"
truncate -s 768M "$tmp/card.img" # a card is larger than the image
PYTHONDONTWRITEBYTECODE=1 python3 scripts/image/powercuts.py "$tmp/now/u-boot.bin" "$tmp/card.img" "$good" "$tmp/foreign" "$tmp/older"
