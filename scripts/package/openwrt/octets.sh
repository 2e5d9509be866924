#!/bin/sh
# octets.sh IPK OCTETS: corrects the field Installed-Size of an ipk. nfpm writes KiB, as Debian
# does; opkg reads octets, and would begin to install where there is no room. The times and owners
# of its files stay.
set -eu
ipk=$1 octets=$2 tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/control" "$tmp/ipk"
tar -xzpf "$ipk" -C "$tmp/ipk"
tar -xzpf "$tmp/ipk/control.tar.gz" -C "$tmp/control"
grep -q '^Installed-Size: [0-9][0-9]*$' "$tmp/control/control" || { echo "$ipk has no Installed-Size" >&2 && exit 1; }
sed -i "s/^Installed-Size: .*/Installed-Size: $octets/" "$tmp/control/control"

# packed FOLDER FILE NAME...: an archive with the same octets each time.
packed() {
	(
		cd "$1" && into=$2 && shift 2
		tar --format=gnu --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$@" | gzip -9nc >"$into"
	)
}
(cd "$tmp/control" && find . -type f | LC_ALL=C sort) >"$tmp/names"
# shellcheck disable=SC2046 # a name a word
packed "$tmp/control" "$tmp/ipk/control.tar.gz" $(cat "$tmp/names")
packed "$tmp/ipk" "$tmp/new" ./debian-binary ./control.tar.gz ./data.tar.gz
mv "$tmp/new" "$ipk"
chmod 644 "$ipk"
