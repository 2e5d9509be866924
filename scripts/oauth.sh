#!/bin/sh
# oauth.sh: logs in by OAuth 2.0 at oidc-provider, and fetches mail by its tokens from Dovecot, which
# asks the provider about each one (XOAUTH2 and OAUTHBEARER, POP3 and IMAP, token introspection):
# device grant with pending and slow_down, pasted address, confidential client, rotation, a lost
# answer, reuse, withdrawn and expired consent. All of it is on loopback, with a certificate made for it.
#
#	scripts/oauth.sh     as root
#
# Needs dovecot-imapd, dovecot-pop3d, nodejs, npm, openssl, python3. OAUTH_MODULES may name a
# node_modules of scripts/oauth/package.json. Exit code 75: not checked.
set -eu
cd "$(dirname "$0")/.."
for tool in dovecot node npm openssl python3; do
	command -v "$tool" >/dev/null || { echo "oauth.sh: $tool is not installed" >&2; exit 75; }
done
[ "$(id -u)" = 0 ] || { echo "oauth.sh: needs root, for Dovecot" >&2; exit 75; }

dir=$(mktemp -d)
chmod 755 "$dir"
servers=
# shellcheck disable=SC2154 # the loop assigns pid
trap 'for pid in $servers; do kill "$pid" 2>/dev/null || true; done; sleep 1; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
	-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
# shellcheck disable=SC2046 # three words
set -- $(scripts/ports.py 3)
oauth=$1 imaps=$2 pop3s=$3

cp scripts/oauth/package.json scripts/oauth/package-lock.json scripts/oauth/provider.mjs "$dir"
if [ -n "${OAUTH_MODULES:-}" ]; then
	ln -s "$OAUTH_MODULES" "$dir/node_modules"
else
	(cd "$dir" && npm ci --no-audit --no-fund --ignore-scripts --silent) || exit 75
fi
node "$dir/provider.mjs" "$oauth" "$dir" >"$dir/provider.log" 2>&1 &
servers="$servers $!"

mkdir -p "$dir/mail/anna@example.org/new" "$dir/mail/anna@example.org/cur" "$dir/mail/anna@example.org/tmp"
for n in 1 2 3; do
	printf 'From: bob@example.net\nMessage-ID: <%s@example.net>\nSubject: letter %s\n\n.text\n' "$n" "$n" >"$dir/mail/anna@example.org/new/$n.M1P1.host"
done
chown -R nobody:nogroup "$dir/mail"
sed -e "s,@DIR@,$dir,g" -e "s,@IMAPS@,$imaps,g" -e "s,@POP3S@,$pop3s,g" scripts/oauth/dovecot.conf >"$dir/dovecot.conf"
cat >"$dir/oauth2.conf" <<CONF
introspection_url = https://dovecot:introspection@127.0.0.1:$oauth/token/introspection
introspection_mode = post
username_attribute = sub
active_attribute = active
active_value = true
tls_ca_cert_file = $dir/cert.pem
CONF
dovecot -F -c "$dir/dovecot.conf" &
servers="$servers $!"

python3 - "$oauth" "$imaps" "$pop3s" <<'PY' || { cat "$dir/provider.log" "$dir/dovecot.log" >&2; exit 1; }
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
OAUTH_PROGRAM=$dir/pillarbox OAUTH_PEER="https://127.0.0.1:$oauth 127.0.0.1:$imaps 127.0.0.1:$pop3s $pin" go test -count=1 -run "${OAUTH_TESTS:-TestOIDC}" -v ./appliance || {
	cat "$dir/provider.log" "$dir/dovecot.log" >&2
	exit 1
}
