#!/bin/sh
# oauth.sh: logs in by OAuth 2.0 at oidc-provider: device grant with pending and slow_down, pasted
# address, confidential client, rotation, a lost answer, reuse, withdrawn and expired consent. By its
# tokens it fetches mail from Dovecot, which asks the provider about each one (XOAUTH2 and
# OAUTHBEARER, POP3 and IMAP, token introspection), and sends by Postfix, whose logins are those of a
# Dovecot (XOAUTH2). All of it is on loopback, with a certificate made for it.
#
#	scripts/oauth.sh     as root
#
# Needs dovecot-imapd, dovecot-pop3d, nodejs, npm, openssl, python3, and a mirror of Debian for
# Postfix, which is not installed. OAUTH_MODULES may name a node_modules of
# scripts/oauth/package.json. Exit code 75: not checked.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "oauth.sh: needs root, for Dovecot" >&2; exit 75; }

dir=$(mktemp -d)
chmod 755 "$dir"
servers='' postfix_pid=''
# end: ends all servers; Postfix and what it has started end with the first process of its namespace.
end() {
	for pid in $servers; do
		kill "$pid" 2>/dev/null || true
	done
	# shellcheck disable=SC2046 # one process a word
	[ -z "$postfix_pid" ] || kill -KILL $(cat "/proc/$postfix_pid/task/$postfix_pid/children") || true
	sleep 1
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2046 # seven words
set -- $(scripts/ports.py 7)
oauth=$1 imaps=$2 pop3s=$3 bearer_imaps=$4 bearer_pop3s=$5 smtps=$6 submission=$7
. scripts/oauth/servers.sh
oauth_start "$dir" "$oauth" || exit 75
servers="$servers $oauth_pid"

mkdir -p "$dir/mail/anna@example.org/new" "$dir/mail/anna@example.org/cur" "$dir/mail/anna@example.org/tmp"
for n in 1 2 3; do
	printf 'From: bob@example.net\nMessage-ID: <%s@example.net>\nSubject: letter %s\n\n.text\n' "$n" "$n" >"$dir/mail/anna@example.org/new/$n.M1P1.host"
done
chown -R nobody:nogroup "$dir/mail"
# dovecot_start NAME IMAPS POP3S MECHANISMS: its log is $dir/NAME.log.
dovecot_start() {
	sed -e "s,@DIR@,$dir,g" -e "s,@NAME@,$1,g" -e "s,@IMAPS@,$2,g" -e "s,@POP3S@,$3,g" -e "s,@MECHANISMS@,$4,g" scripts/oauth/dovecot.conf >"$dir/$1.conf"
	dovecot -F -c "$dir/$1.conf" &
	servers="$servers $!"
}
dovecot_start dovecot "$imaps" "$pop3s" 'xoauth2 oauthbearer'
dovecot_start bearer "$bearer_imaps" "$bearer_pop3s" oauthbearer
# postfix_run: a Postfix whose logins are those of a third Dovecot.
postfix_run() (
	oauth=$dir dir=$dir/smtp tls=$smtps plain=$submission
	mkdir "$dir"
	cp "$oauth/key.pem" "$oauth/cert.pem" "$dir"
	. scripts/smarthost/servers.sh
	postfix_start
	echo "$pid" >"$dir/pid"
)
postfix_run
postfix_pid=$(cat "$dir/smtp/pid")
said() { cat "$dir/provider.log" "$dir/dovecot.log" "$dir/bearer.log" "$dir/smtp/output" "$dir/smtp/auth/log" >&2; }

python3 - "$oauth" "$imaps" "$pop3s" "$bearer_imaps" "$bearer_pop3s" "$smtps" <<'PY' || { said; exit 1; }
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
pin=$(openssl x509 -in "$dir/cert.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)
CGO_ENABLED=0 go build -tags=nethttpomithttp2 -o "$dir/pillarbox" ./cmd/pillarbox
export OAUTH_PROGRAM="$dir/pillarbox" OAUTH_BEARER="127.0.0.1:$bearer_imaps 127.0.0.1:$bearer_pop3s" OAUTH_OUTGOING="127.0.0.1:$smtps"
OAUTH_PEER="https://127.0.0.1:$oauth 127.0.0.1:$imaps 127.0.0.1:$pop3s $pin" go test -count=1 -run "${OAUTH_TESTS:-TestOIDC}" -v ./appliance || {
	said
	exit 1
}
[ -z "${OAUTH_TESTS:-}" ] || exit 0
# Each server has seen its mechanism by each protocol.
for seen in 'dovecot imap XOAUTH2' 'dovecot pop3 XOAUTH2' 'bearer imap OAUTHBEARER' 'bearer pop3 OAUTHBEARER'; do
	# shellcheck disable=SC2086 # three words
	set -- $seen
	grep -q "$2-login: .*Login: .*method=$3" "$dir/$1.log" || { echo "oauth.sh: nobody has logged in by $2 and $3" >&2; exit 1; }
done
