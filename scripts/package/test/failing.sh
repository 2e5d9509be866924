#!/bin/sh
# failing.sh DEB SCRATCH: a start that fails. The package is installed while other programs have the
# ports of POP3: it says why, nothing is written, the pauses between the starts grow, and the server
# runs some time after the ports are free. $ROOT is the root of the container (boot.sh). Needs root.
set -eu
deb=$1 scratch=$2 state=/var/lib/pillarbox here=$(cd "$(dirname "$0")" && pwd)
. "$here/machine.sh"
machine "${KIND:-failing}" "$scratch" "$deb" new.deb

step "installed while other programs have the ports of POP3"
taken 110
taken 995
packaged dpkg -i /mnt/packages/new.deb
said "pillarbox: the server did not start:"
said ":110 is in use by another program (pop3.listen): stop it, or set another address in the configuration"
said "sudo journalctl -u pillarbox"
[ "$(inside systemctl show -P StartLimitBurst pillarbox)" = 10 ] || broken "systemd restarts it without an end"

step "tried again, with pauses that grow, and nothing is written"
inside mkdir -p /etc/systemd/system/pillarbox.service.d /etc/systemd/system/pillarbox-retry.timer.d
printf '[Unit]\nStartLimitIntervalSec=10s\nStartLimitBurst=3\n[Service]\nRestartSec=100ms\n' |
	inside tee /etc/systemd/system/pillarbox.service.d/test.conf >/dev/null
inside systemctl daemon-reload
inside systemctl reset-failed pillarbox
awaited inside systemctl is-failed pillarbox
awaited inside systemctl is-active pillarbox-retry.timer
[ "$(inside systemctl show -P Result pillarbox)" = exit-code ] || [ "$(inside systemctl show -P Result pillarbox)" = start-limit-hit ] ||
	broken "it failed for another reason"
[ -z "$(inside ls -A $state)" ] || broken "the state directory has $(inside ls -A $state)"
only_errors=$(inside journalctl --no-pager --quiet --output=cat -p err -u pillarbox --grep 'in use by another program' | wc -l)
[ "$only_errors" -gt 0 ] || broken "journalctl -p err does not show the reason"

step "stopped: it is not tried again"
inside systemctl stop pillarbox
! inside systemctl is-active pillarbox-retry.timer >/dev/null || broken "the timer would start a server that was stopped"

step "the ports are free: it runs by itself"
printf '[Timer]\nOnActiveSec=\nOnActiveSec=12s\nAccuracySec=1s\n' | inside tee /etc/systemd/system/pillarbox-retry.timer.d/test.conf >/dev/null
inside systemctl daemon-reload
inside systemctl reset-failed pillarbox || true
! inside systemctl start pillarbox 2>/dev/null || broken "it starts without a port"
awaited inside systemctl is-failed pillarbox
awaited inside systemctl is-active pillarbox-retry.timer
let_go 110
let_go 995
awaited active
send one
found 1

step "a mistake in the configuration is named at an upgrade"
echo 'pop3.lissten = []' | inside tee /etc/pillarbox/pillarbox.toml >/dev/null
packaged dpkg -i /mnt/packages/new.deb
said "pillarbox: the server did not start:"
said "/etc/pillarbox/pillarbox.toml:1:"
step "PASS"
