# shellcheck shell=sh disable=SC2034
# servers.sh: sourced by scripts/unique-ids.sh, which has $tmp, $at, $mail and $PASSWORD. Each
# NAME_start makes the mailbox of anna below $at, starts a server for it on a free port of
# loopback, $PORT, and sets
#
#   form         the format of the mailbox for an import, and its path
#   server_pid   the process that server_stop ends
#
# It ends the shell with exit code 77 if the server is not there.

: "${tmp:?}" "${box_pid:=}" "${at:=}" "${mail:=}" "${server_pid:=}"

# launch COMMAND...: starts a server in the background and waits until it listens.
launch() {
	"$@" >"$at/server.log" 2>&1 &
	server_pid=$!
	python3 - "$PORT" <<'PY' || { cat "$at/server.log"; return 1; }
import socket, sys, time
for patience in range(300):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        break
    except ConnectionRefusedError:
        time.sleep(0.1)
else:
    sys.exit("no server listens on port " + sys.argv[1])
PY
}

server_stop() {
	kill "$server_pid"
	wait "$server_pid" || true
	server_pid=
}

# stop: ends what runs of a case, however it ended.
stop() {
	for pid in $box_pid $server_pid; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" || true
	done
}

free_port() {
	PORT=$(scripts/ports.py 1)
}

# absent NAME: ends a case whose server is not there.
absent() {
	echo "$1 is not there"
	exit 77
}

# dovecot_start CASE: with Debian's defaults, or with those settings that decide about unique-ids.
dovecot_start() {
	[ -e /usr/lib/dovecot/pop3 ] || absent dovecot-pop3d
	free_port
	mkdir "$at/mail"
	extra=
	case $1 in
	*-mbox)
		$mail mbox "$at/mail/anna"
		form="mbox $at/mail/anna" location="mbox:$at/mail/%u.folders:INBOX=$at/mail/%u"
		;;
	*)
		$mail maildir "$at/mail/anna"
		form="maildir $at/mail/anna" location="maildir:$at/mail/%u"
		;;
	esac
	case $1 in
	*-saved) extra='pop3_uidl_format = %g
  pop3_save_uidl = yes' ;;
	*-control)
		mkdir "$at/control"
		chown nobody "$at/control"
		location="$location:CONTROL=$at/control" ;;
	esac
	dovecot_run
}

# qpopper_start: the mailbox is one of qpopper. Dovecot serves a copy of it, because it would add
# header fields of its own.
qpopper_start() {
	[ -e /usr/lib/dovecot/pop3 ] || absent dovecot-pop3d
	free_port
	mkdir "$at/mail"
	$mail mbox "$at/mbox" x-uidl
	cp "$at/mbox" "$at/mail/anna"
	form="mbox $at/mbox" location="mbox:$at/mail/%u.folders:INBOX=$at/mail/%u"
	extra='pop3_reuse_xuidl = yes'
	dovecot_run
}

dovecot_run() {
	chown -R nobody:nogroup "$at/mail"
	cat >"$at/conf" <<CONF
base_dir = $at/run
state_dir = $at/state
log_path = $at/log
protocols = pop3
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = $location
first_valid_uid = 1
first_valid_gid = 1
protocol pop3 {
  ${extra:-mail_max_userip_connections = 10}
}
service pop3-login {
  inet_listener pop3 {
    port = $PORT
  }
  inet_listener pop3s {
    port = 0
  }
}
passdb {
  driver = static
  args = password=$PASSWORD
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$at/mail/home
}
CONF
	launch dovecot -F -c "$at/conf"
}

# courier_start: the POP3 server of Courier, which takes over after the login.
courier_start() {
	program=${SERVERS:-/nonexistent}/usr/lib/courier/courier/courierpop3d
	[ -x "$program" ] || absent courier-pop
	free_port
	$mail maildir "$at/Maildir"
	chown -R nobody:nogroup "$at/Maildir"
	form="maildir $at/Maildir"
	libraries=$(find "$SERVERS" -name 'libcourier*.so.*' -exec dirname {} + | sort -u | paste -s -d :)
	launch env -C "$at" LD_LIBRARY_PATH="$libraries" AUTHENTICATED=anna AUTHADDR=anna TCPREMOTEIP=127.0.0.1 \
		python3 "$PWD/scripts/unique-ids/mail.py" serve "$PORT" -login \
		setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$program" Maildir
}

# popa3d_start: it knows only users of the system, so it gets a mount namespace with users of its
# own.
popa3d_start() {
	program=${SERVERS:-/nonexistent}/usr/sbin/popa3d
	[ -x "$program" ] || absent popa3d
	free_port
	mkdir -p "$at/etc" "$at/lib/popa3d" "$at/mail"
	cp -a /etc/passwd /etc/group /etc/shadow /etc/pam.d "$at/etc"
	cp "$SERVERS/etc/pam.d/popa3d" "$at/etc/pam.d"
	printf '%s\n' 'popa3d:x:64000:64000::/var/lib/popa3d:/usr/sbin/nologin' 'anna:x:64001:64001::/:/bin/sh' >>"$at/etc/passwd"
	printf '%s\n' popa3d:x:64000: anna:x:64001: >>"$at/etc/group"
	echo "anna:$(printf %s "$PASSWORD" | openssl passwd -6 -stdin):19000:0:99999:7:::" >>"$at/etc/shadow"
	$mail mbox "$at/mail/anna"
	chown -R 64001:64001 "$at/mail"
	form="mbox $at/mail/anna"
	# shellcheck disable=SC2016 # $0 is of the inner shell
	launch unshare -m sh -c 'for file in passwd group shadow pam.d; do mount --bind "$0/etc/$file" "/etc/$file"; done
		mount --bind "$0/lib" /var/lib; mount --bind "$0/mail" /var/mail; exec "$@"' "$at" \
		python3 scripts/unique-ids/mail.py serve "$PORT" "$program"
}
