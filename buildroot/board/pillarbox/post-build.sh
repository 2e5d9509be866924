#!/bin/sh
# post-build.sh TARGET BOARD: where the partition "data" is mounted, what the root is called and
# made of, and which updates fit.
set -eu
target=$1 board=$2
mkdir -p "$target/data" "$target/etc/pillarbox" "$target/var/lib/pillarbox"
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.." # the source tree
. scripts/identity.sh
"$here/identity.sh" "$target" "$board" "$build_version" "$build_commit"
# With Buildroot's own Go and the modules in vendor/, as for the package. The program is stripped by
# now, so its SHA-256 stays.
mkdir -p "$target/usr/share/pillarbox"
GOTOOLCHAIN=local GOPROXY=off build_sbom "$target/usr/bin/pillarbox" "$target/usr/share/pillarbox/sbom.cdx.json" \
	-image "pillarbox-$board"
# The log lies in memory; the card gets none of it.
mkdir -p "$target/etc/default"
echo 'SYSLOGD_ARGS="-C64"' >"$target/etc/default/syslogd"
# The seed of the random numbers lies on the card, where S10data has mounted it by then.
echo 'SEEDRNG_ARGS="--seed-dir=/data/seedrng"' >"$target/etc/default/seedrng"
[ ! -e "$target/etc/init.d/S01seedrng" ] || mv "$target/etc/init.d/S01seedrng" "$target/etc/init.d/S11seedrng"

# depmod leaves out what it cannot unpack, by default.
for modules in "$target"/lib/modules/*; do
	if find "$modules" -name '*.ko*' 2>/dev/null | grep -q . && [ ! -s "$modules/modules.dep" ]; then
		echo "post-build.sh: $modules has modules and an empty modules.dep: depmod cannot read how they are packed" >&2
		exit 1
	fi
done
