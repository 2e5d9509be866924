#!/bin/sh
# imagetwice.sh: makes the card image of scripts/image.sh in two places, with another time zone and
# umask, and compares the image, the update and the bill of materials octet by octet.
# scripts/package/test.sh does so with the packages.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
openssl genpkey -algorithm ed25519 -out "$tmp/key.pem" # for this test alone
. scripts/identity.sh
export UPDATE_KEY="$tmp/key.pem" VERSION="$build_version" COMMIT="$build_commit"
scripts/image.sh "$tmp/now"
mkdir "$tmp/elsewhere"
git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read | tar -x -C "$tmp/elsewhere"
(umask 077 && cd "$tmp/elsewhere" && TZ=Asia/Tokyo scripts/image.sh "$tmp/again" >/dev/null)
for file in "$tmp/now"/*; do
	cmp "$file" "$tmp/again/${file##*/}"
done
echo "two builds are equal, octet by octet: $(cd "$tmp/now" && echo *)"
