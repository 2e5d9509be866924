#!/bin/sh
# containers.sh: runs the container image on real engines, each in namespaces of its own with a /dev
# of its own.
#
#   scripts/containers.sh [podman|rootless|docker|compose]...     default: the first three
#
# podman and docker run it as root, rootless as a user with subordinate ids, compose starts
# compose.yaml with what is there of docker-compose and podman-compose, and reads it with the parser
# of docker compose 2. The checks are in scripts/package/test/containers.py. IMAGE is a ready
# pillarbox_*_amd64.tar (default: it is built for this processor). Needs root, python3, iproute2,
# podman, uidmap, slirp4netns and docker.io; an engine that is not there is left out, but not in CI
# (CI=true).
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- podman rootless docker
if [ "$(id -u)" != 0 ]; then
	echo 'containers.sh needs root for its namespaces; run it with sudo' >&2
	exit 2
fi

tmp=$(mktemp -d)
outer=''
# cleanup also takes away what an engine has made in the control groups of this machine, as far as
# it is empty; the compose programs cannot be given a group.
cleanup() {
	[ -z "$outer" ] || kill -KILL "$outer" 2>/dev/null || true # unshare blocks SIGTERM while it waits
	wait
	find /sys/fs/cgroup -mindepth 1 -depth \( -path "*/pillarbox-test-$$*" -o -path '*/libpod_parent*' -o -path '*/docker*' \) -type d -exec rmdir {} + 2>/dev/null || true
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
umask 022
chmod 755 "$tmp" # for the user of rootless

if [ -z "${IMAGE:-}" ]; then
	# shellcheck source=scripts/boards.sh
	. scripts/boards.sh
	case $(uname -m) in
	x86_64) board=amd64 platform=linux/amd64 ;;
	aarch64) board=arm64 platform=linux/arm64 ;;
	*) echo "no image is made for $(uname -m)" >&2 && exit 2 ;;
	esac
	VERSION=0.1.0
	# shellcheck source=scripts/identity.sh
	. scripts/identity.sh
	board_build "$board" "$tmp/pillarbox" "$build_flags"
	build_sbom "$tmp/pillarbox" "$tmp/sbom.cdx.json"
	python3 scripts/package/oci/image.py -o "$tmp" -version "$VERSION" -commit "$build_commit" "$platform=$tmp/pillarbox" >/dev/null
	IMAGE=$tmp/pillarbox_0.1.0_$board.tar
fi

# have PROGRAM: whether it is there; in CI it must be.
have() {
	command -v "$1" >/dev/null && return 0
	echo "$1 is not installed, left out"
	[ "${CI:-}" != true ] || exit 1
	return 1
}

null=$(stat -c '%u:%g %a %t:%T' /dev/null)
for engine in "$@"; do
	case $engine in
	podman) needs=podman ;;
	compose)
		needs='podman dockerd'
		# The parser of docker compose 2.
		go run github.com/compose-spec/compose-go/v2/cmd@v2.4.9 scripts/package/oci/compose.yaml >/dev/null
		;;
	rootless) needs='podman newuidmap slirp4netns' ;;
	docker) needs=dockerd ;;
	*) echo "$engine is none of podman, rootless, docker, compose" >&2 && exit 2 ;;
	esac
	missing=
	for program in $needs; do
		have "$program" || missing=1
	done
	[ -z "$missing" ] || continue
	mkdir "$tmp/$engine"
	unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc \
		scripts/package/test/engine.sh "$engine" "$IMAGE" "$tmp/$engine" "pillarbox-test-$$" &
	outer=$!
	wait "$outer"
	outer=''
	# crun 1.8 gave the machine's /dev/null to the user of a container.
	[ "$(stat -c '%u:%g %a %t:%T' /dev/null)" = "$null" ] || { echo "$engine has changed /dev/null" >&2 && exit 1; }
	echo "containers: $engine: PASS"
done
