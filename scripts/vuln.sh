#!/bin/sh
# vuln.sh: looks the modules, the standard library and their functions that pillarbox calls up in
# the Go vulnerability database. Exit codes: 0, none is known to be vulnerable; 1, one is, or the
# check itself failed; 75, the database cannot be reached, so nothing was checked.
#
# GOVULNDB names another database (govulncheck -h: -db), for a mirror.
set -u
cd "$(dirname "$0")/.." || exit 1

govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.9.0

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# go run hides the exit code of what it runs, and 3 means that something was found.
GOFLAGS='' GOBIN=$tmp go install "$govulncheck" || { echo "vuln.sh: $govulncheck cannot be built" >&2 && exit 1; }
"$tmp/govulncheck" ${GOVULNDB:+-db "$GOVULNDB"} ./cmd/pillarbox >"$tmp/said" 2>&1
status=$?
cat "$tmp/said"
case $status in
0) echo "vuln.sh: nothing that pillarbox calls is known to be vulnerable" ;;
3) echo "vuln.sh: VULNERABLE: update what is named above; a new patch release of Go also goes into scripts/go-version.sh" >&2 && exit 1 ;;
*)
	if grep -q '^govulncheck: fetching vulnerabilities: ' "$tmp/said"; then
		echo "vuln.sh: NOT CHECKED: the vulnerability database cannot be reached" >&2
		exit 75
	fi
	echo "vuln.sh: govulncheck failed with exit code $status" >&2
	exit 1
	;;
esac
