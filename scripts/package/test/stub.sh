#!/bin/sh
# stub.sh FILE NAME...: an empty rpm that provides NAME..., as packages of a distribution do that
# are not here. Needs $NFPM.
set -eu
file=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{
	printf 'name: stub\narch: noarch\nversion: 1.0.0\nmaintainer: test <test@home.arpa>\ndescription: stub\nlicense: none\nprovides:\n'
	printf -- '- %s\n' "$@"
} >"$folder/nfpm.yaml"
"$NFPM" package -f "$folder/nfpm.yaml" -p rpm -t "$file" >/dev/null
