#!/bin/sh
# unattended.sh OLD NEW SCRATCH: Debian's unattended-upgrades takes NEW from a signed repository of
# scripts/repository.sh, where OLD, of release 1, was installed and its conffile was edited: the
# file stays as it is, and the server runs. $ROOT is a root made by root.sh with
# unattended-upgrades. Needs root, and what scripts/repository.sh needs.
set -eu
# shellcheck disable=SC2034 # machine.sh reads state
old=$1 new=$2 scratch=$3 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
mkdir -p "$scratch/packages"
"$here/keys.sh" "$scratch/keys"
"$here/../../repository.sh" -gpg "$scratch/keys/gpg.asc" "$scratch/packages/repository" "$new"
machine "${KIND:-unattended}" "$scratch" "$old" old.deb

step "release 1, edited"
packaged apt-get install -y --no-download unattended-upgrades
packaged dpkg -i /mnt/packages/old.deb
awaited active
send one
inside sed -i 's/^#keep_days = 0 /keep_days = 365 /' /etc/pillarbox/pillarbox.toml
configured
inside cp /etc/pillarbox/pillarbox.toml /tmp/edited
before=$(main_process)

step "upgraded by unattended-upgrades from the signed repository"
inside sh -c 'rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* && mkdir -p /etc/apt/keyrings && cp /mnt/packages/repository/pillarbox.asc /etc/apt/keyrings/'
printf 'Types: deb\nURIs: file:/mnt/packages/repository/deb\nSuites: stable\nComponents: main\nSigned-By: /etc/apt/keyrings/pillarbox.asc\n' |
	inside tee /etc/apt/sources.list.d/pillarbox.sources >/dev/null
printf '#clear Unattended-Upgrade::Origins-Pattern;\nUnattended-Upgrade::Origins-Pattern { "origin=pillarbox"; };\n' |
	inside tee /etc/apt/apt.conf.d/60pillarbox >/dev/null
packaged apt-get -o APT::Update::Error-Mode=any update
packaged unattended-upgrade --verbose </dev/null
[ "$(inside dpkg-query -W -f '${db:Status-Abbrev}${Version}' pillarbox)" = "ii $(dpkg-deb --field "$new" Version)" ] ||
	broken "it was not upgraded: $(cat "$scratch/said")"
awaited active
[ "$(main_process)" != "$before" ] || broken "the old program still runs"
inside cmp /tmp/edited /etc/pillarbox/pillarbox.toml || broken "the configuration has changed"
found 1
[ -z "$(inside find /etc/pillarbox -name '*.dpkg-*')" ] || broken "dpkg left a second configuration"

step "purged: the edited file goes as well"
packaged dpkg -P pillarbox
absent /etc/pillarbox
step "PASS"
