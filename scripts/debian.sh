#!/bin/sh
# debian.sh FOLDER ARCHITECTURE PACKAGE...: unpacks Debian packages of another architecture into
# FOLDER/root, installs nothing and runs nothing of them. A package of kernels (linux-image-arm64)
# stands for the kernel that it depends on. FOLDER/versions lists them: name, version and
# architecture. FOLDER is left alone when it was made for the same packages within the last day.
# $SUITE names another suite of Debian than the machine's, from the same mirror.
#
# Needs apt, dpkg-deb and Debian's mirror or a proxy of it.
set -eu
folder=$1 architecture=$2
shift 2

made="$architecture $*${SUITE:+ from $SUITE}"
if [ "$(cat "$folder/packages" 2>/dev/null)" = "$made" ] && [ -e "$folder/versions" ] && [ -z "$(find "$folder/packages" -mtime +0)" ]; then
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
if [ -n "${SUITE:-}" ]; then
	# shellcheck disable=SC2016 # apt's own $
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
	[ -n "$mirror" ] || { echo "debian.sh: no mirror of Debian is known; run apt-get update first" >&2 && exit 1; }
	echo "deb $mirror $SUITE main" >"$tmp/sources.list"
	printf 'Dir::Etc::sourcelist "%s/sources.list";\nDir::Etc::sourceparts "/dev/null";\n' "$tmp" >>"$tmp/apt.conf"
fi
(
	export APT_CONFIG="$tmp/apt.conf"
	cd "$tmp/packages"
	apt-get -qq -o Acquire::Retries=3 update || echo "debian.sh: not all of the mirror's lists came; what is known is used" >&2
	for package; do
		case $package in
		linux-image-*) # newer kernels come in several packages
			image=$(apt-cache depends "$package" | awk '/Depends: linux-image-/ { print $2; exit }')
			echo "$image"
			apt-cache depends "$image" | awk '/Depends: linux-(base|binary|modules)-/ { print $2 }'
			;;
		*) echo "$package" ;;
		esac
	done | xargs apt-get -qq -o Acquire::Retries=3 download
)
new=$folder/new.$$
mkdir "$new"
for package in "$tmp"/packages/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$new" --keep-directory-symlink
	# shellcheck disable=SC2016 # the words are dpkg's
	dpkg-deb -W --showformat '${Package} ${Version} ${Architecture}\n' "$package"
done >"$tmp/versions"
rm -rf "$folder/root" "$folder/packages"
LC_ALL=C sort "$tmp/versions" >"$folder/versions"
mv "$new" "$folder/root"
echo "$made" >"$folder/packages"
