#!/bin/sh
# smarthost.sh: sends by Exim, Postfix and OpenSMTPD of Debian, which are unpacked into a temporary
# directory and not installed (scripts/smarthost/servers.sh): with TLS from the first octet (465) and
# by STARTTLS (587), PLAIN and LOGIN, 4xx, 5xx, SIZE, DSN, SMTPUTF8, a slow server, a certificate that
# is not trusted, a server that hangs, and one that is not there. With Exim and Postfix XOAUTH2 and
# OAUTHBEARER as well: Dovecot asks oidc-provider about the tokens (scripts/oauth/servers.sh).
#
#   scripts/smarthost.sh [SERVER...]    exim postfix opensmtpd, or some of them
#
# It needs root, for mount namespaces in which the servers find their users, dovecot-core, which
# knows the logins of Postfix and all tokens, nodejs, npm, python3 and a mirror of Debian.
# OAUTH_MODULES is as in scripts/oauth.sh. Exit code 75: not root, or something was not checked.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	echo 'smarthost.sh: needs root' >&2
	exit 75
fi
[ $# != 0 ] || set -- exim postfix opensmtpd
all=$(mktemp -d) pid='' unchecked='' oauth='' oauth_pid=''
trap 'end; [ -z "$oauth_pid" ] || kill "$oauth_pid"; rm -rf "$all"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$all"
. scripts/smarthost/servers.sh
. scripts/oauth/servers.sh
go test -c -o "$all/smarthost.test" ./appliance/outbound/smarthost

# await PORT...: waits until the server listens.
await() {
	python3 - "$@" <<'PY' || { cat "$dir/output" >&2; return 1; }
import socket, sys, time
for port in sys.argv[1:]:
    for patience in range(300):
        try:
            socket.create_connection(("127.0.0.1", int(port))).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    else:
        sys.exit("no server listens on port " + port)
PY
}

# below PID: a process and all that it has started.
below() {
	echo "$1"
	tr ' ' '\n' <"/proc/$1/task/$1/children" | while read -r child; do
		below "$child"
	done
}

# end: kills the first process of the namespace, with which all others end.
end() {
	[ -n "$pid" ] || return 0
	first=$(cat "/proc/$pid/task/$pid/children")
	kill -KILL "${first% }"
	kill -CONT "$pid"
	wait "$pid" || true
	pid=
}

# peer NAME VALUE...: runs TestPeer.
peer() {
	(cd appliance/outbound/smarthost && SMARTHOST_SERVER=$server SMARTHOST_PEER="$*" "$all/smarthost.test" -test.count=1 -test.run '^TestPeer$') ||
		{ echo "$server: $*"; cat "$dir/output" >&2; return 1; }
}

provider=$(scripts/ports.py 1)
if oauth_start "$all/oauth" "$provider"; then
	oauth=$all/oauth dir=$oauth
	await "$provider"
	SMARTHOST_TOKEN=$(python3 -c 'import ssl, sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context()).read().decode())' "https://127.0.0.1:$provider/test/token?sub=anna")
	export SMARTHOST_TOKEN
else
	echo 'XOAUTH2 and OAUTHBEARER: not checked'
	unchecked=true
fi

for server; do
	dir=$all/$server
	mkdir "$dir"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -days 2 -subj /CN=localhost 2>/dev/null
	# shellcheck disable=SC2046 # two words
	set -- $(scripts/ports.py 2)
	tls=$1 plain=$2
	"${server}_start"
	[ -n "$pid" ] || { echo "$server: not checked"; unchecked=true; continue; }
	await "$tls" "$plain"
	mechanisms='PLAIN LOGIN'
	[ "$server" = opensmtpd ] || mechanisms="$mechanisms ${oauth:+XOAUTH2 OAUTHBEARER}"
	for mechanism in $mechanisms; do
		peer "465 127.0.0.1:$tls $mechanism"
		peer "587 127.0.0.1:$plain $mechanism"
	done
	stopped=$(below "$pid")
	# shellcheck disable=SC2086 # one process a word
	kill -STOP $stopped
	peer "silent 127.0.0.1:$tls"
	peer "silent 127.0.0.1:$plain"
	end
	for process in $stopped; do
		timeout 60 sh -c "while [ -e /proc/$process ]; do sleep 0.1; done"
	done
	peer "dead 127.0.0.1:$tls"
	echo "$server: passed with $mechanisms"
done
[ -z "$unchecked" ] || exit 75
