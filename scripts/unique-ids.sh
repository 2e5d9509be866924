#!/bin/sh
# unique-ids.sh: a mailbox moves from another POP3 server to pillarbox, and mail clients that left
# their mail on that server download none of it again.
#
#   scripts/unique-ids.sh [-all] [SERVER...]    without -all: Dovecot with a Maildir and an mbox
#
# For each server: fetchmail, getmail6 and mpop collect a mailbox and leave it there. The mailbox is
# imported as README says, and pillarbox takes the name and port of the server. With the same state
# files the clients then have to download nothing, one message after one arrived, and nothing when
# the server gets another name and the state files are edited as README says. fetchmail keeps its
# list by name and user, mpop by both, and getmail by the port as well.
#
# It needs root. Debian installs no two POP3 servers, so those beside Dovecot are unpacked below
# $SERVERS (scripts/unique-ids/unpack.sh). Debian 12 has no qpopper; Dovecot with
# pop3_reuse_xuidl gives out the X-UIDL that qpopper writes. A server or client that is not there is
# skipped; with CI=true that is a failure. Exit code 75: not root.
set -eu
cd "$(dirname "$0")/.."
servers='dovecot-maildir dovecot-mbox'
if [ "${1:-}" = -all ]; then
	shift
	servers="$servers dovecot-saved dovecot-control qpopper courier popa3d"
fi
[ $# = 0 ] || servers=$*
if [ "$(id -u)" != 0 ]; then
	echo 'unique-ids.sh: needs root' >&2
	exit 75
fi
umask 022
tmp=$(mktemp -d)
chmod 755 "$tmp"
box_pid='' server_pid=''
# shellcheck disable=SC2154 # the loop assigns pid
trap 'for pid in $box_pid $server_pid; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh
. scripts/unique-ids/servers.sh
export PASSWORD=unique-1840 # static users of Dovecot have no spaces in theirs
mail='python3 scripts/unique-ids/mail.py'
clients='fetchmail getmail mpop'
count=12

# collect WANT [HOST]: each client collects, and gets that many messages.
collect() {
	want=$1 name=${2:-localhost}
	for client in $clients; do
		command -v "$client" >/dev/null || continue
		got=$(scripts/unique-ids/collect.sh "$client" "$name" "$PORT" "$at/$client")
		[ "$got" = "$want" ] || { echo "$client got $got messages, not $want"; return 1; }
	done
}

# move: imports the mailbox and starts pillarbox in the place of the server.
move() {
	box_configure
	sed -i "s/^listen     = .*$POP3_PORT.*/listen     = [\"127.0.0.1:$PORT\"]/" "$CONFIG"
	POP3_PORT=$PORT
	rm -rf "$tmp/state"
	box_user anna
	$PILLARBOX spool import -config "$CONFIG" -format "${form%% *}" anna "${form#* }"
	box_start
}

# walk SERVER: exit code 0, 1, or 77 if the server is not there.
walk() {
	at=$tmp/$1
	mkdir "$at"
	"${1%%-*}_start" "$1" # sets form, the format and the path of the mailbox, and server_pid
	$mail uids "$PORT" anna >"$at/before"
	[ "$(wc -l <"$at/before")" = $count ]
	collect $count
	collect 0
	server_stop
	# As README describes.
	[ ! -d "$at/control" ] || cp -p "$at/control/.INBOX/dovecot-uidlist" "$at/mail/anna"
	move
	$mail uids "$PORT" anna >"$at/after"
	diff "$at/before" "$at/after"
	collect 0
	$mail send "$SMTP_PORT" anna
	collect 1
	for client in $clients; do
		scripts/unique-ids/collect.sh -rename "$client" 127.0.0.1 "$PORT" "$at/$client"
	done
	collect 0 127.0.0.1
	box_stop
}

missing=
for client in $clients; do command -v "$client" >/dev/null || missing="$missing $client"; done
box_build
failed=0
for server in $servers; do
	set +e # in a condition, no failure would end walk
	(set -e; trap stop EXIT; walk "$server") >"$tmp/output" 2>&1
	verdict=$?
	set -e
	case $verdict in
	0) verdict=PASS ;;
	77) verdict=SKIP; [ "${CI:-}" != true ] || failed=1 ;;
	*) verdict=FAIL failed=1 ;;
	esac
	echo "$verdict $server"
	[ $verdict = PASS ] || sed 's/^/    /' "$tmp/output" | cut -c1-300
done
[ -z "$missing" ] || { echo "not installed:$missing"; [ "${CI:-}" != true ] || failed=1; }
[ $failed = 0 ]
