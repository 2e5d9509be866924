#!/bin/sh
# root.sh SUITE FOLDER PACKAGE...: makes FOLDER/root, a clean Debian of that suite with systemd, by
# mmdebstrap. The packages are downloaded into its apt cache, so that tests without a network
# install them ("apt-get install --no-download"). FOLDER is left alone when it was made for the same
# packages within the last week.
#
# The archive is the one that this machine uses. Needs root and mmdebstrap.
set -eu
suite=$1 folder=$2
shift 2

made="$suite $*"
if [ "$(cat "$folder/made" 2>/dev/null)" = "$made" ] && [ -z "$(find "$folder/made" -mtime +6)" ]; then
	exit 0
fi
archive=$(apt-get indextargets --format "\$(ORIGIN) \$(LABEL) \$(REPO_URI)" 'Created-By: Packages' |
	sed -n 's/^Debian Debian //p' | head -n 1)
[ -n "$archive" ] || { echo "root.sh: apt has no list of Debian's archive here: apt-get update" >&2 && exit 1; }
rm -rf "$folder"
mkdir -p "$folder"
chmod 755 "$folder" # apt's user reads there
# The names of packages have no spaces.
# shellcheck disable=SC2016,SC2086 # $1 is mmdebstrap's
mmdebstrap --quiet --mode=root --variant=apt --include=systemd,systemd-sysv,dbus,adduser,init-system-helpers,python3,procps \
	--aptopt='Acquire::Languages "none"' --aptopt='Apt::Install-Recommends "false"' \
	--skip=cleanup/apt --customize-hook='chroot "$1" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --download-only '"$*" \
	"$suite" "$folder/root" "$archive"
echo "$made" >"$folder/made"
