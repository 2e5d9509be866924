# shellcheck shell=sh
# servers.sh: sourced by scripts/imap.sh and scripts/remote.sh, which have $tmp, $servers and
# $PASSWORD. IMAP servers on free ports of loopback, with configuration, mail and log below $tmp, and
# the users of $USERS, or anna. They flush as little as they can be told, because a machine on which
# other tests run needs an hour for 20,000 messages otherwise.
#
#   certificate       makes $tmp/cert.pem for localhost; $pin is its fingerprint
#   dovecot_start     starts Dovecot; its ports are $IMAP_PORT and $IMAPS_PORT, and with POP3=true
#                     $POPS_PORT
#   cyrus_start       the same of Cyrus, whose files are below $CYRUS; false if there are none

: "${tmp:?}"

certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
	# shellcheck disable=SC2034 # for who sources this
	pin=$(openssl x509 -in "$tmp/cert.pem" -noout -fingerprint -sha256 | sed 's/.*=//')
}

imap_ports() {
	# shellcheck disable=SC2046 # three words
	set -- $(scripts/ports.py 3)
	IMAP_PORT=$1 IMAPS_PORT=$2 POPS_PORT=$3
}

# imap_await LOG: waits until the server listens.
imap_await() {
	python3 - "$IMAP_PORT" "$IMAPS_PORT" ${POP3:+"$POPS_PORT"} <<'PY' || { cat "$1" >&2; return 1; }
import socket, sys, time
for port in sys.argv[1:]:
    for patience in range(100):
        try:
            socket.create_connection(("127.0.0.1", int(port))).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    else:
        sys.exit("no server listens on port " + port)
PY
}

dovecot_start() {
	imap_ports
	mkdir -p "$tmp/dovecot/mail"
	chown nobody "$tmp/dovecot/mail"
	pop3=
	[ -z "${POP3:-}" ] || pop3="service pop3-login {
  inet_listener pop3 {
    port = 0
  }
  inet_listener pop3s {
    port = $POPS_PORT
    ssl = yes
  }
}"
	cat >"$tmp/dovecot/conf" <<CONF
base_dir = $tmp/dovecot/run
state_dir = $tmp/dovecot/state
log_path = $tmp/dovecot/log
protocols = imap ${POP3:+pop3}
listen = 127.0.0.1
ssl = yes
ssl_cert = <$tmp/cert.pem
ssl_key = <$tmp/key.pem
mail_location = maildir:$tmp/dovecot/mail/%u
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
service imap-login {
  inet_listener imap {
    port = $IMAP_PORT
  }
  inet_listener imaps {
    port = $IMAPS_PORT
    ssl = yes
  }
}
$pop3
passdb {
  driver = static
  args = password=$PASSWORD
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$tmp/dovecot/mail/%u
}
CONF
	dovecot -F -c "$tmp/dovecot/conf" &
	servers="$servers $!"
	imap_await "$tmp/dovecot/log"
}

cyrus_start() {
	bin=${CYRUS:-/nonexistent}/usr/lib/cyrus/bin at=$tmp/cyrus
	[ -x "$bin/master" ] || return 1
	imap_ports
	libraries=$(find "$CYRUS" -name 'lib*.so.*' -exec dirname {} + | sort -u | paste -s -d :)
	mkdir -p "$at/conf/socket" "$at/conf/proc" "$at/conf/db" "$at/mail"
	cat >"$at/imapd.conf" <<CONF
configdirectory: $at/conf
defaultpartition: default
partition-default: $at/mail
cyrus_user: nobody
cyrus_group: nogroup
admins: root
allowplaintext: no
autocreate_quota: 0
skiplist_unsafe: yes
altnamespace: yes
unixhierarchysep: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $at/conf/sasldb2
sasl_mech_list: PLAIN
tls_server_cert: $tmp/cert.pem
tls_server_key: $at/key.pem
CONF
	cat >"$at/cyrus.conf" <<CONF
START {
  recover cmd="$bin/ctl_cyrusdb -C $at/imapd.conf -r"
}
SERVICES {
  imap  cmd="$bin/imapd -C $at/imapd.conf"    listen="127.0.0.1:$IMAP_PORT"  proto="tcp" prefork=0
  imaps cmd="$bin/imapd -C $at/imapd.conf -s" listen="127.0.0.1:$IMAPS_PORT" proto="tcp" prefork=0
  ${POP3:+pop3s cmd=\"$bin/pop3d -C $at/imapd.conf -s\" listen=\"127.0.0.1:$POPS_PORT\" proto=\"tcp\" prefork=0}
}
CONF
	cp "$tmp/key.pem" "$at/key.pem"
	for user in ${USERS:-anna}; do
		printf %s "$PASSWORD" | LD_LIBRARY_PATH=$libraries "$CYRUS/usr/sbin/saslpasswd2" -p -c -f "$at/conf/sasldb2" -u "$(hostname)" "$user"
	done
	chown -R nobody:nogroup "$at"
	LD_LIBRARY_PATH=$libraries "$bin/master" -C "$at/imapd.conf" -M "$at/cyrus.conf" -p "$at/master.pid" -L "$at/log" -D >"$at/output" 2>&1 &
	servers="$servers $!"
	imap_await "$at/output"
}
