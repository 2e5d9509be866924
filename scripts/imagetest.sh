#!/bin/sh
# imagetest.sh: makes the card image of scripts/image.sh and lets QEMU's arm64 board live through boots, an update, a
# downgrade and a damaged update, with mail in and out from outside. Emulated: no KVM is needed.
#
# Needs what image.sh needs, qemu-system-arm and python3.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

scripts/image.sh "$tmp/now"

# A box of before: the same source with an older format of the spool.
sed 's/^const version = 1$/const version = 0/' spool/format.go >"$tmp/format.go"
! cmp -s spool/format.go "$tmp/format.go" || { echo "spool/format.go has no version 1" >&2 && exit 1; }
printf '{"Replace": {"%s/spool/format.go": "%s/format.go"}}' "$PWD" "$tmp" >"$tmp/overlay.json"
# shellcheck disable=SC2046 # a flag a word
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build $(scripts/lean.sh) -overlay "$tmp/overlay.json" -o "$tmp/older" ./cmd/pillarbox
PILLARBOX=$tmp/older scripts/image.sh "$tmp/before" >/dev/null

# A card is larger than the image.
cp --sparse=always "$tmp/now/pillarbox-qemu-aarch64.img" "$tmp/card.img"
truncate -s 768M "$tmp/card.img"
PYTHONDONTWRITEBYTECODE=1 python3 scripts/image/trial.py "$tmp/now/u-boot.bin" "$tmp/card.img" \
	"$tmp/now/pillarbox-qemu-aarch64.update" "$tmp/before/pillarbox-qemu-aarch64.update" "$tmp/now/pillarbox-qemu-aarch64.update"
