#!/bin/sh
# check.sh: everything that must hold before a change goes in: format, vet for each processor,
# staticcheck, the scripts, and all tests with the race detector.
set -eu
cd "$(dirname "$0")/.."

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.6.1

step() { printf '\n== %s\n' "$*"; }

step gofmt
unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
	printf 'run gofmt -w on:\n%s\n' "$unformatted"
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
	git ls-files '*.sh' .ci/run | xargs shellcheck --severity=warning
elif [ "${CI:-}" = true ]; then
	echo "shellcheck is not installed"
	exit 1
else
	echo "not installed, left out"
fi

step "go test -race"
go test -race -short ./...
