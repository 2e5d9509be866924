#!/bin/sh
# identity.sh ROOT BOARD VERSION COMMIT: writes into a root what it is called (os-release) and whose
# updates it installs: those that are signed with UPDATE_KEY (a private key) or with one of
# UPDATE_TRUST (public keys, as words), all in PEM form.
set -eu
root=$1 board=$2 version=$3 commit=$4

echo "$board" >"$root/etc/pillarbox-board"
# Buildroot has an os-release of its own, which may be a link.
file=$root/etc/os-release
[ ! -e "$root/usr/lib/os-release" ] || file=$root/usr/lib/os-release
[ -e "$file" ] || printf 'NAME=pillarbox\nID=pillarbox\n' >"$file"
sed -i '/^IMAGE_ID=/d; /^IMAGE_VERSION=/d; /^BUILD_ID=/d' "$file"
printf 'IMAGE_ID=pillarbox-%s\nIMAGE_VERSION=%s\nBUILD_ID=%s\n' "$board" "$version" "$commit" >>"$file"

keys=$root/usr/share/pillarbox/update-keys
rm -rf "$keys"
mkdir -p "$keys"
# trust FILE [-pubin]: the public key of a file, under its name.
trust() {
	name=$(openssl pkey -in "$@" -pubout -outform DER | sha256sum | cut -c1-16)
	openssl pkey -in "$@" -pubout -out "$keys/$name.pem"
	chmod 644 "$keys/$name.pem"
}
[ -z "${UPDATE_KEY:-}" ] || trust "$UPDATE_KEY"
for file in ${UPDATE_TRUST:-}; do
	trust "$file" -pubin
done
[ -n "$(ls "$keys")" ] || echo "identity.sh: this root trusts no key: it installs updates with -allow-unsigned alone, until pillarbox-update trust" >&2
