#!/bin/sh
# post-build.sh TARGET BOARD: where the partition "data" is mounted, and which updates fit.
set -eu
target=$1 board=$2
mkdir -p "$target/data" "$target/etc/pillarbox" "$target/var/lib/pillarbox"
echo "$board" >"$target/etc/pillarbox-board"
# The log lies in memory; the card gets none of it.
mkdir -p "$target/etc/default"
echo 'SYSLOGD_ARGS="-C64"' >"$target/etc/default/syslogd"
