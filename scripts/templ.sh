#!/bin/sh
# templ.sh: makes the Go code of the pages from their templates. The generator is templ; its output
# gets our package component instead of templ's own ones (see appliance/web/component/doc.go).
#
#   scripts/templ.sh            writes appliance/web/*_templ.go
#   scripts/templ.sh -check     writes nothing, and fails where they are not what templates make
set -eu
cd "$(dirname "$0")/../appliance/web"

generator=github.com/a-h/templ/cmd/templ@v0.3.1020

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp ./*.templ "$tmp"
go run "$generator" generate -path "$tmp" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2 && exit 1; }
for file in "$tmp"/*_templ.go; do
	sed -i -e 's,^import "github.com/a-h/templ"$,import templ "pillarbox/appliance/web/component",' \
		-e '/^import templruntime /d' -e 's/\btemplruntime\./templ./g' "$file"
done

if [ "${1:-}" = -check ]; then
	mkdir "$tmp/committed"
	cp ./*_templ.go "$tmp/committed"
	diff -ru -x committed -x log -x '*.templ' "$tmp/committed" "$tmp" || { echo "run go generate ./appliance/web"; exit 1; }
else
	cp "$tmp"/*_templ.go .
fi
