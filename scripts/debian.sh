#!/bin/sh
# debian.sh FOLDER ARCHITECTURE PACKAGE...: unpacks Debian packages of another architecture into FOLDER/root, installs
# nothing and runs nothing of them. A package of kernels (linux-image-arm64) stands for the kernel that it depends on.
# FOLDER is left alone when it was made for the same packages within the last day.
#
# Needs apt, dpkg-deb and Debian's mirror or a proxy of it.
set -eu
folder=$1 architecture=$2
shift 2

if [ "$(cat "$folder/packages" 2>/dev/null)" = "$architecture $*" ] && [ -z "$(find "$folder/packages" -mtime +0)" ]; then
	exit 0
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$folder/new.$$"' EXIT
trap 'exit 130' INT TERM

# A state of its own lets apt look at another architecture without the host's dpkg hearing of it.
mkdir -p "$tmp/state/lists/partial" "$tmp/cache/archives/partial" "$tmp/packages"
: >"$tmp/state/status"
cat >"$tmp/apt.conf" <<CONF
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Sandbox::User "root";
Dir::State "$tmp/state";
Dir::State::status "$tmp/state/status";
Dir::Cache "$tmp/cache";
Acquire::Languages "none";
CONF
(
	export APT_CONFIG="$tmp/apt.conf"
	cd "$tmp/packages"
	apt-get -qq -o Acquire::Retries=3 update || echo "debian.sh: not all of the mirror's lists came; what is known is used" >&2
	for package; do
		case $package in
		linux-image-*) apt-cache depends "$package" | awk '/Depends:/ { print $2; exit }' ;;
		*) echo "$package" ;;
		esac
	done | xargs apt-get -qq -o Acquire::Retries=3 download
)
new=$folder/new.$$
mkdir "$new"
for package in "$tmp"/packages/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$new" --keep-directory-symlink
done
rm -rf "$folder/root" "$folder/packages"
mv "$new" "$folder/root"
echo "$architecture $*" >"$folder/packages"
