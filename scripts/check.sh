#!/bin/sh
# check.sh: everything that must hold before a change goes in: format, generated code, the width of
# comments, vet for each processor, staticcheck, the scripts, and all tests with the race detector.
set -eu
cd "$(dirname "$0")/.."
export GOFLAGS=-tags=nethttpomithttp2 # as the program is built, see scripts/lean.sh

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.6.1

step() { printf '\n== %s\n' "$*"; }

step gofmt
unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'run gofmt -w on:\n%s\n' "$unformatted"
	exit 1
fi

step "the pages are what templates make"
scripts/templ.sh -check

step "comments of Go: 100 columns"
if git ls-files '*.go' | LC_ALL=C.UTF-8 xargs grep -nE '^.{101,}$' |
	grep -E ':[0-9]+:[[:space:]]*//|[[:space:]]// '; then
	echo "these lines have comments and are wider than 100 columns"
	exit 1
fi

step "go vet: amd64, arm64, arm"
GOARCH=amd64 go vet ./...
GOARCH=arm64 go vet ./...
GOARCH=arm GOARM=7 go vet ./...

step "$staticcheck"
go run "$staticcheck" ./...

step shellcheck
if command -v shellcheck >/dev/null; then
	# Also those without .sh: what init, dpkg and the card run as root.
	list=$(git ls-files --stage | awk '$1 != 120000 { print $4 }' |
		xargs awk 'FNR == 1 && (/^#!\/bin\/(busybox )?(ba)?sh/ || FILENAME ~ /\.sh$/) { print FILENAME }')
	echo "$list" | xargs shellcheck --severity=warning
	shellcheck --severity=warning --shell=sh scripts/package/rpm/*
elif [ "${CI:-}" = true ]; then
	echo "shellcheck is not installed"
	exit 1
else
	echo "not installed, left out"
fi

step "go test -race"
go test -race -short ./...
