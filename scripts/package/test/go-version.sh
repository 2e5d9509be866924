#!/bin/sh
# go-version.sh: checks which versions of Go scripts/go-version.sh refuses, and that package.sh
# stops there and names no package.
set -eu
cd "$(dirname "$0")/../../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2016 # for the inner shell
printf '#!/bin/sh\necho "$GOVERSION"\n' >"$tmp/go"
chmod +x "$tmp/go"

while read -r want version; do
	got=built
	GOVERSION=$version scripts/go-version.sh "$tmp/go" 2>"$tmp/said" || got=refused
	[ "$got" = "$want" ] || { echo "$version: $got, want $want" >&2 && exit 1; }
	[ "$got" = built ] || grep -q "$version" "$tmp/said" || { echo "$version: the message does not name it" >&2 && exit 1; }
done <<-ROWS
	refused go1.24.13
	refused go1.25.0
	refused go1.25.11
	built go1.25.12
	built go1.25.14
	refused go1.26.0
	refused go1.26rc1
	refused go1.26.4
	built go1.26.5
	built go1.26.10
	built go1.26.8 X:nodwarf5
	built go1.27rc1
	built go1.27.0
	built devel go1.28-1a2b3c
	built go2.0.1
	refused nonsense
ROWS
if scripts/go-version.sh "$tmp/missing" 2>"$tmp/said"; then
	echo "a Go that is not there was accepted" >&2 && exit 1
fi
grep -q 'not found' "$tmp/said"
if PATH=$tmp:$PATH NFPM=true GOVERSION=go1.24.13 scripts/package.sh -o "$tmp/dist" deb:amd64 >"$tmp/said" 2>&1; then
	echo "package.sh succeeds without a package" >&2 && exit 1
fi
if grep -q '\.deb$' "$tmp/said"; then
	echo "package.sh names a package that it has not made" >&2 && exit 1
fi
echo "go-version: PASS"
