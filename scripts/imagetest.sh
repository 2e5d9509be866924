#!/bin/sh
# imagetest.sh: makes the card image of scripts/image.sh and lets QEMU's arm64 board live through
# boots, an update, a downgrade and a damaged update, with mail and the page from outside: with the
# U-Boot of this Debian and with that of the next one. The
# work of a boot has a bound. Emulated: no KVM is needed.
#
# Needs what image.sh needs, qemu-system-arm and python3.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
beside=
trap '[ -z "$beside" ] || kill "$beside" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

openssl genpkey -algorithm ed25519 -out "$tmp/key.pem" # for this test alone
export UPDATE_KEY="$tmp/key.pem"
scripts/image.sh "$tmp/now"

# A server of before: the same source, reading other versions of the format.
sed 's/^\tVersion1 = 1$/\tVersion1 = 3/; s/^\tVersion2 = 2$/\tVersion2 = 4/' spool/format/format.go >"$tmp/format.go"
! cmp -s spool/format/format.go "$tmp/format.go" || { echo "spool/format/format.go has no version 1" >&2 && exit 1; }
printf '{"Replace": {"%s/spool/format/format.go": "%s/format.go"}}' "$PWD" "$tmp" >"$tmp/overlay.json"
# shellcheck disable=SC2046 # a flag a word
CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build $(scripts/lean.sh) -overlay "$tmp/overlay.json" -o "$tmp/older" ./cmd/pillarbox
VERSION=0.0.9 PILLARBOX=$tmp/older scripts/image.sh "$tmp/before" >/dev/null

# A U-Boot of the next Debian, and a console that asks for root, as in an image that Buildroot
# makes.
CONSOLE=getty scripts/image.sh "$tmp/getty" >/dev/null
scripts/image/u-boot.sh "$tmp/getty/u-boot.bin" trixie

export PYTHONDONTWRITEBYTECODE=1
python3 scripts/image/reads.py "$tmp/now/u-boot.bin" "$tmp/getty/u-boot.bin"
python3 scripts/image/boottime.py -work "$tmp/now/u-boot.bin" "$tmp/now/pillarbox-qemu-aarch64.img"

# trial FOLDER: with the image and the U-Boot in it. A card is larger than the image.
trial() {
	cp --sparse=always "$1/pillarbox-qemu-aarch64.img" "$1/card.img"
	truncate -s 768M "$1/card.img"
	exec python3 scripts/image/trial.py "$1/u-boot.bin" "$1/card.img" "$1/pillarbox-qemu-aarch64.update" \
		"$tmp/before/pillarbox-qemu-aarch64.update" "$1/pillarbox-qemu-aarch64.update"
}
(trial "$tmp/getty") >"$tmp/log" 2>&1 &
beside=$!
status=0
(trial "$tmp/now") || status=$?
wait "$beside" || status=$?
beside=
echo "and with the U-Boot of the next Debian and a console that asks for root:"
cat "$tmp/log"
exit "$status"
