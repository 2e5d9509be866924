#!/bin/sh
# rpm.sh OLD NEW SCRATCH: the life of the RPM package under systemd, by dnf from signed repositories
# of scripts/repository.sh, with gpgcheck=1 and repo_gpgcheck=1: OLD installed, used and configured,
# upgraded to NEW, removed, installed again.
#
# $ROOT is a root made by root.sh with dnf, rpm, firewalld and netbase: Debian's. Its rpm knows no
# other package, so a stub provides what the package needs of a distribution, and it is looked for
# as files. Needs root, $NFPM, and what scripts/repository.sh needs.
set -eu
old=$1 new=$2 scratch=$3 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
mkdir -p "$scratch/packages"
"$here/keys.sh" "$scratch/keys"
needs=$(rpm -qp --requires "$new" | grep -v '^rpmlib(')
# shellcheck disable=SC2046 # words
"$here/stub.sh" "$scratch/stub.rpm" $(rpm -qp --requires "$old" "$new" | grep -v '^rpmlib(' | sort -u)
for version in old new; do
	eval "package=\$$version"
	# shellcheck disable=SC2154 # by eval
	"$here/../../repository.sh" -gpg "$scratch/keys/gpg.asc" "$scratch/packages/$version" "$package" "$scratch/stub.rpm"
done
machine "${KIND:-rpm}" "$scratch"
dnf() { packaged dnf --assumeyes --releasever=1 "$@" </dev/null; }
# repository VERSION: dnf knows that one alone.
repository() {
	inside mkdir -p /etc/yum.repos.d
	printf '[pillarbox]\nname=pillarbox\nbaseurl=file:///mnt/packages/%s/rpm\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=file:///mnt/packages/%s/pillarbox.asc\n' \
		"$1" "$1" | inside tee /etc/yum.repos.d/pillarbox.repo >/dev/null
}

packaged apt-get install -y --no-download dnf rpm firewalld netbase
for need in $needs; do
	inside sh -c 'test -x "$1" || command -v "$1" || test -d "/usr/lib/$1"' sh "$need" >/dev/null || broken "it needs $need, which is not there"
done

step "installed, the next step is shown"
repository new
dnf install pillarbox
said "sudo systemctl enable --now pillarbox"
said "sudo cat $state/first-login"
said "firewall-cmd --permanent --add-service=pillarbox"
! active >/dev/null || broken "it runs unasked"
inside firewall-offline-cmd --info-service=pillarbox | grep -q 'ports: 110/tcp 995/tcp 25/tcp 587/tcp 465/tcp 1080/tcp 1443/tcp' || broken "firewalld does not take the service file"
inside rpm -V --nodeps pillarbox || broken "it is not what was packed"
inside pillarbox check-config /usr/share/doc/pillarbox/examples/pillarbox.toml >/dev/null || broken "the example is not valid"
packaged systemctl enable --now pillarbox
serves_as_its_own
only_warnings
dnf remove pillarbox
! inside systemctl cat pillarbox.service >/dev/null 2>&1 || broken "systemd still knows the unit"
inside find $state -mindepth 1 -delete

step "an older version installed and used"
repository old
dnf --refresh install pillarbox
packaged systemctl enable --now pillarbox
send one
send two
found 2

step "configured, and upgraded"
configured
before=$(main_process)
repository new
dnf --refresh upgrade
awaited active
[ "$(main_process)" != "$before" ] || broken "the old program still runs"
inside systemctl is-enabled pillarbox >/dev/null || broken "the upgrade has disabled it"
still_configured
inside test -f /etc/pillarbox/pillarbox.toml.rpmnew || broken "the new defaults are not there to be compared"
serves_as_its_own
awaited mail count 2
send three
found 3

step "removed: the mail stays"
dnf remove pillarbox
absent /usr/bin/pillarbox
absent /usr/share/doc/pillarbox
absent /usr/share/licenses/pillarbox
! inside pgrep -x pillarbox >/dev/null || broken "it still runs"
! inside systemctl is-enabled pillarbox >/dev/null 2>&1 || broken "it would still start with the machine"
inside test -d "$state"/spool || broken "the mail is gone"
inside grep -q '^postmaster' /etc/pillarbox/pillarbox.toml.rpmsave || broken "the configuration is gone"

step "installed again: the mail is there"
dnf install pillarbox
packaged systemctl enable --now pillarbox
awaited mail count 3
step "PASS"
