#!/bin/sh
# postfix.sh DEB SCRATCH: the Debian package beside Postfix, which has port 25: it starts with the
# other ports and says so, also when both start together; nothing but that is a warning in the
# journal. $ROOT is a root made by root.sh with Postfix. Needs root.
set -eu
deb=$1 scratch=$2 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
machine "${KIND:-postfix}" "$scratch" "$deb" new.deb
greeting() { inside python3 -c "import smtplib; s = smtplib.SMTP(); print(s.connect('127.0.0.1', $1)[1].decode())"; }

for interfaces in all loopback-only; do
	step "installed beside Postfix, inet_interfaces = $interfaces"
	[ "$interfaces" != all ] || packaged apt-get install -y --no-download postfix
	packaged postconf -e "inet_interfaces = $interfaces" "myhostname = mailtest.home.arpa"
	packaged systemctl restart postfix
	awaited greeting 25
	packaged dpkg -i /mnt/packages/new.deb
	awaited active
	said "pillarbox: off: smtp.listen :25: another program uses the port"
	said "mail clients deliver on 587 and 465"
	said "sudo cat $state/first-login"
	greeting 25 | grep -q Postfix || broken "Postfix has lost its port"
	mail send one 587 || broken "no mail through 587"
	found 1
	only_warnings "listener is off"

	step "both start together, as at a boot"
	inside systemctl stop pillarbox postfix
	# Postfix takes longer: without After= it would lose the port.
	inside systemctl start postfix pillarbox
	awaited active
	awaited greeting 25
	greeting 25 | grep -q Postfix || broken "Postfix has lost its port"
	found 1
	only_warnings "listener is off"

	step "configured as the package says"
	inside systemctl stop pillarbox # so that it logs nothing of the change
	printf '[smtp]\nlisten = [":587"]\n' | inside tee /etc/pillarbox/pillarbox.toml >/dev/null
	packaged dpkg -i /mnt/packages/new.deb
	awaited active
	! grep -q "off:" "$scratch/said" || broken "a port is still off"
	mail send two 587 || broken "no mail through 587"
	found 2
	only_warnings
	packaged dpkg -P pillarbox
done
step "PASS"
