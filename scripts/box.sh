# shellcheck shell=sh
# box.sh: sourced by the scripts that need a running box. Needs $tmp, a folder of theirs.
#
#   box_build          builds the server as $tmp/pillarbox, unless $PILLARBOX names a binary
#   box_configure      picks free ports, writes $tmp/pillarbox.toml, exports the addresses
#   box_user NAME...   makes accounts with the password $PASSWORD
#   box_start          starts the server, waits until it answers, copies its CA to $CA
#   box_stop           ends it, and fails when it did not end well
#
# Everything happens on loopback. The state is $tmp/state, the log $tmp/log.

: "${tmp:?}"
# A python3 that is a wrapper (pyenv) costs more than what these scripts do with it.
PATH=$(python3 -c 'import os, sys; print(os.path.dirname(sys.executable))'):$PATH
export HOST=localhost PASSWORD='royal mail 1840' CA="$tmp/ca.crt" CONFIG="$tmp/pillarbox.toml"

box_build() {
	if [ -z "${PILLARBOX:-}" ]; then
		export PILLARBOX="$tmp/pillarbox"
		CGO_ENABLED=0 go build -trimpath -tags nethttpomithttp2 -o "$PILLARBOX" ./cmd/pillarbox
	fi
}

box_configure() {
	# shellcheck disable=SC2046 # five words
	set -- $(scripts/ports.py 5)
	export POP3_PORT="$1" POP3S_PORT="$2" SMTP_PORT="$3" SMTPS_PORT="$4" LMTP_PORT="$5"
	cat >"$tmp/pillarbox.toml" <<TOML
hostname = "localhost"
domains  = ["home.arpa"]
state    = "$tmp/state"

[pop3]
listen     = ["127.0.0.1:$POP3_PORT"]
listen_tls = ["127.0.0.1:$POP3S_PORT"]

[smtp]
listen      = ["127.0.0.1:$SMTP_PORT"]
listen_tls  = ["127.0.0.1:$SMTPS_PORT"]
listen_lmtp = ["127.0.0.1:$LMTP_PORT"]

[spool]
capacity = "256MiB"
volatile = true
TOML
}

box_user() {
	for name; do
		printf '%s\n' "$PASSWORD" | $PILLARBOX user add -config "$tmp/pillarbox.toml" "$name" >/dev/null
	done
}

box_start() {
	$PILLARBOX serve -config "$tmp/pillarbox.toml" 2>"$tmp/log" &
	box_pid=$!
	python3 - "$POP3_PORT" "$POP3S_PORT" "$SMTP_PORT" "$SMTPS_PORT" <<'PY' || { cat "$tmp/log" >&2; return 1; }
import socket, sys, time
for port in sys.argv[1:]:
    for patience in range(300):
        try:
            conn = socket.create_connection(("127.0.0.1", int(port)))
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    else:
        sys.exit("the server does not listen on port " + port)
    # It listens before it makes its certificate, and greets after that.
    conn.settimeout(300)
    if port in (sys.argv[1], sys.argv[3]) and not conn.recv(1):
        sys.exit("the server does not greet on port " + port)
    conn.close()
PY
	cp "$tmp/state/certs/ca.crt" "$CA"
	chmod 644 "$CA"
}

box_stop() {
	kill -TERM "$box_pid" 2>/dev/null || true
	wait "$box_pid"
}
