# shellcheck shell=sh
# servers.sh: sourced by scripts/oauth.sh and scripts/smarthost.sh.
#
#   oauth_start DIR PORT   starts oidc-provider with TLS (provider.mjs), whose files are in DIR, where
#                          Dovecot finds oauth2.conf to ask it about tokens; $oauth_pid is its process.
#                          It is false if a tool is missing. $OAUTH_MODULES may name a node_modules of
#                          package.json.

oauth_start() {
	for tool in dovecot node npm openssl python3; do
		command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; return 1; }
	done
	mkdir -p "$1"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
	cp scripts/oauth/package.json scripts/oauth/package-lock.json scripts/oauth/provider.mjs "$1"
	if [ -n "${OAUTH_MODULES:-}" ]; then
		ln -s "$OAUTH_MODULES" "$1/node_modules"
	else
		(cd "$1" && npm ci --no-audit --no-fund --ignore-scripts --silent) || return 1
	fi
	node "$1/provider.mjs" "$2" "$1" >"$1/provider.log" 2>&1 &
	# shellcheck disable=SC2034 # for who sources this
	oauth_pid=$!
	cat >"$1/oauth2.conf" <<CONF
introspection_url = https://dovecot:introspection@127.0.0.1:$2/token/introspection
introspection_mode = post
username_attribute = sub
active_attribute = active
active_value = true
tls_ca_cert_file = $1/cert.pem
CONF
}
