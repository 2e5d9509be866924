#!/bin/sh
# package.sh SCRATCH: the walk of a new user with the Debian package, under systemd: installed, the
# first message read in Thunderbird, set up by hand with what the first start shows, an account made
# without sudo and with it, what setup shows, a printer with a wrong recipient, a phone
# that does not trust the certificate until it has the CA. The log and setup answer each. Needs
# root.
set -eu
cd "$(dirname "$0")/../.."
scratch=$1 state=/var/lib/pillarbox here=$PWD/scripts/package/test
. "$here/machine.sh" # and $folder is the scratch folder of the machine
# shellcheck disable=SC2154

# logged WORD...: waits for a line of the log that has each word.
logged() {
	awaited line_of_log "$@"
	step "logged: $(cat "$folder/line")"
}
line_of_log() {
	inside journalctl --no-pager -o cat -u pillarbox >"$folder/lines"
	for word; do
		grep -F -e "$word" "$folder/lines" >"$folder/line" || return 1
		cp "$folder/line" "$folder/lines"
	done
}

client() { inside python3 /mnt/packages/client.py "$state" "$@"; }

# account: adds one as a program on a terminal would, to which somebody types the password.
account() { printf 'royal mail 1840\n' | inside "$@"; }

scripts/package.sh -o "$scratch" "deb:$(dpkg --print-architecture)"
machine first "$scratch/machine" "$scratch"/pillarbox_*.deb pillarbox.deb scripts/first/client.py client.py \
	scripts/clients/thunderbird/setup.sh setup.sh scripts/clients/thunderbird/program.sh program.sh \
	scripts/clients/thunderbird/setup.cfg setup.cfg

inside ip address add 192.168.7.2/24 dev lo # a box has an address on its LAN
step "install"
began=$(date +%s)
inside useradd --create-home walter
packaged dpkg -i /mnt/packages/pillarbox.deb
grep -q first-login "$folder/said" || broken "dpkg does not say where the first password is"
awaited active
# shown LABEL: the word behind it in what the first start shows.
shown() { inside sed -n "s,.*$1  *\([^ ]*\).*,\1,p" "$state/first-login" | head -n 1; }
password=$(shown Password) read=0 # the file is gone after the first login
if inside test -e /usr/lib/thunderbird; then
	step "the first message in Thunderbird"
	page=$(shown 'Web page')
	inside python3 -c "import sys, urllib.request; assert b'Set up mail' in urllib.request.urlopen('$page').read()" || broken "the page is not at $page"
	inside cp "$state/first-login" /root/first-login
	send one
	inside env TB_SERVER="$(shown Server)" TB_ADDRESS="$(shown Address)" PASSWORD="$password" sh /mnt/packages/setup.sh /root ||
		broken "Thunderbird: $(inside cat /root/report /root/console | tail -n 5)"
	inside cat /root/report >"$folder/report"
	inside cat /root/first-login >"$folder/first-login"
	python3 scripts/first/read.py "$folder/report" "$folder/first-login" || broken "Thunderbird did not read the first message"
	step "from dpkg -i to the first message read: $(($(date +%s) - began)) s"
	read=2
elif [ "${CI:-}" = true ]; then
	broken "thunderbird is not installed"
else
	step "thunderbird is not installed, left out"
fi
client mail "$password" "$read"

step "user add without sudo"
before=$(inside cat "$state/accounts" | cksum)
! account runuser -u walter -- pillarbox user add walter >"$folder/said" 2>&1 || broken "a user made an account"
grep -q 'run this with sudo' "$folder/said" || broken "user add does not name sudo: $(cat "$folder/said")"
grep -qF "$state" "$folder/said" || broken "user add does not name the state directory: $(cat "$folder/said")"
[ "$(inside cat "$state/accounts" | cksum)" = "$before" ] || broken "the accounts have changed"
[ -z "$(inside find /home/walter -newer /mnt/packages/pillarbox.deb -name '*pillarbox*')" ] || broken "user add made files"

step "user add with sudo"
account pillarbox user add walter >"$folder/said" 2>&1 || broken "user add: $(cat "$folder/said")"
client walter 'royal mail 1840' 0

step "setup"
inside pillarbox setup >"$folder/setup"
cat "$folder/setup"
client shown <"$folder/setup"

step "a printer with a wrong recipient"
client printer annna@home.arpa
logged 'from=<scanner@printer.lan>' 'to=<annna@home.arpa>' code=550 'No such mailbox'
client printer anna@example.com
logged 'from=<scanner@printer.lan>' 'to=<anna@example.com>' code=550 'Relaying denied'

step "a phone that does not trust the certificate"
client phone ''
logged 'TLS handshake failed' 'unknown certificate authority' 'pillarbox setup -ca'
client openssl ''
logged 'TLS handshake failed' 'bad record MAC' 'pillarbox setup -ca'
inside pillarbox setup -ca /root/ca.crt >/dev/null
client phone /root/ca.crt
client openssl /root/ca.crt
step "PASS"
