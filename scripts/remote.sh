#!/bin/sh
# remote.sh: fetches mail from servers of Debian by POP3 and IMAP, and compares octets and counts.
#
#   scripts/remote.sh          200 messages from Dovecot, and 5 kills
#   scripts/remote.sh -memory  the memory of the server and of its children (scripts/remote/memory.py)
#   scripts/remote.sh -compare pillarbox beside fetchmail and getmail6 (scripts/remote/compare.py)
#   scripts/remote.sh -all     2000 messages from each of Dovecot, Courier and Cyrus, and 200 kills
#                              with Dovecot and 50 with each of the others
#
# Each server has six accounts: three by POP3 and three by IMAP, of which one keeps the messages at
# the provider, one deletes them after three days and one deletes them at once. Every message has to
# arrive once, octet by octet. One message of ten has neither Message-ID nor Received: over POP3 it
# stays at the provider. The days are passed by a clock that is moved: the program is built with
# one that adds $CLOCK_OFFSET.
#
# Then messages come to each server while they are fetched and deleted there, and pillarbox or its
# child process that talks to the server is killed at any moment (scripts/remote/kill.py).
#
# It needs root, python3, openssl, dovecot-imapd and dovecot-pop3d. Courier is below $SERVERS
# (scripts/unique-ids/unpack.sh) and Cyrus below $CYRUS (scripts/imap/cyrus.sh), because Debian
# installs one IMAP server at a time. $COUNT and $ROUNDS change the numbers, of which 0
# leaves a part out, and $USERS the accounts. Exit code 75: not checked.
set -eu
cd "$(dirname "$0")/.."
providers=dovecot count=${COUNT:-200} rounds=${ROUNDS:-5}
measure=
if [ "${1:-}" = -memory ] || [ "${1:-}" = -compare ]; then
	measure=${1#-}
	shift
elif [ "${1:-}" = -all ]; then
	shift
	providers='dovecot courier cyrus' count=${COUNT:-2000} rounds=${ROUNDS:-200}
fi
[ $# = 0 ] || providers=$*
if [ "$(id -u)" != 0 ] || ! [ -e /usr/lib/dovecot/imap-login ] || ! [ -e /usr/lib/dovecot/pop3-login ]; then
	echo 'remote.sh: needs root, dovecot-imapd and dovecot-pop3d' >&2
	exit 75
fi

tmp=$(mktemp -d)
chmod 755 "$tmp"
servers='' box_pid=''
# shellcheck disable=SC2154 # the loop assigns pid
trap 'for pid in $box_pid $servers; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
: "${USERS:=imap-keep imap-days imap-delete pop3-keep pop3-days pop3-delete}"
. scripts/box.sh
. scripts/imap/servers.sh
. scripts/remote/servers.sh
export PASSWORD=remote-1840 # static users of Dovecot have no spaces in theirs
export POP3=true            # for the servers
mail='python3 scripts/remote/mail.py'

# build: builds the program with the clock that can be moved.
build() {
	export PILLARBOX="$tmp/pillarbox"
	cat >"$tmp/offset.go" <<'GO'
package clock

import (
	"os"
	"time"
)

var offset, _ = time.ParseDuration(os.Getenv("CLOCK_OFFSET"))
GO
	sed 's/Wall: now.Round(0)/Wall: now.Round(0).Add(offset)/' appliance/clock/machine_linux.go >"$tmp/machine_linux.go"
	grep -q 'Add(offset)' "$tmp/machine_linux.go"
	echo "{\"Replace\": {\"$PWD/appliance/clock/offset.go\": \"$tmp/offset.go\", \"$PWD/appliance/clock/machine_linux.go\": \"$tmp/machine_linux.go\"}}" >"$tmp/overlay.json"
	CGO_ENABLED=0 go build -trimpath -overlay "$tmp/overlay.json" -tags nethttpomithttp2 -o "$PILLARBOX" ./cmd/pillarbox
}

# remotes USER...: the tables of the configuration. The name of an account says its protocol and what
# becomes of messages at the provider.
remotes() {
	for user; do
		port=$IMAPS_PORT after=${user#*-}
		[ "${user%-*}" = imap ] || port=$POPS_PORT
		case $after in
		days) after=3d ;;
		large | many) after=keep ;;
		esac
		cat >>"$CONFIG" <<TOML

[remote.$user]
owner    = "$user"
address  = ["$user@home.arpa"]
user     = "$user"
fetch    = "${user%-*}"
every    = "24h"
since    = "${since:-all}"
after    = "$after"
incoming = "127.0.0.1:$port"
pin      = "$pin"
send     = false
TOML
	done
}

# box USER...: makes a new server that has those accounts, and starts it.
box() {
	box_configure
	sed -i 's/^capacity = .*/capacity = "1GiB"/' "$CONFIG"
	remotes "$@"
	rm -rf "$tmp/state"
	box_user "$@"
	box_start
	for user; do
		printf '%s\n' "$PASSWORD" | "$PILLARBOX" remote login -config "$CONFIG" "$user" >/dev/null
	done
}

# here USER...: compares what has arrived with what there was.
here() {
	rm -rf "$tmp/export"
	"$PILLARBOX" spool export -config "$CONFIG" -format maildir -o "$tmp/export" "$@" >/dev/null
	for user; do
		$mail here "$tmp/export/$user" "$count"
	done
}

# there COUNT NAME...: compares how many messages the provider has in those mailboxes of $USERS.
there() {
	want=$1
	shift
	for user; do
		case " $USERS " in
		*" $user "*) $mail there "$POPS_PORT" "$user" "$want" ;;
		esac
	done
}

# collect: fetches from all. Courier wants 10 seconds between two logins by POP3 (LOGIN-DELAY), so
# that a collection deletes 50 messages there, and the next one the next 50.
collect() {
	"$PILLARBOX" fetch -config "$CONFIG"
	for user in $USERS; do
		case $provider-$user in
		courier-pop3-days | courier-pop3-delete)
			while "$PILLARBOX" fetch -config "$CONFIG" "$user" | grep -q ' [1-9][0-9]* deleted'; do :; done ;;
		esac
	done
}

# later DAYS: starts the server again that many days after the first start.
later() {
	box_stop
	export CLOCK_OFFSET=$((24 * $1))h
	box_start
	collect
}

# walk SERVER: everything with one server.
walk() {
	export CLOCK_OFFSET=0h
	began=$(date +%s)
	# shellcheck disable=SC2086 # one user a word
	box $USERS
	collect
	# shellcheck disable=SC2086
	here $USERS
	there "$count" imap-keep imap-days pop3-keep pop3-days
	there 0 imap-delete
	there $((count / 10)) pop3-delete
	later 2
	there "$count" imap-keep imap-days pop3-keep pop3-days
	later 5
	there 0 imap-days
	there $((count / 10)) pop3-days
	there "$count" imap-keep pop3-keep
	# shellcheck disable=SC2086
	here $USERS # nothing came twice
	box_stop
	echo "$1: $count messages of each of $USERS arrived once, in $(($(date +%s) - began)) s"
}

# provider_stop: ends the servers that were started since $servers_before.
provider_stop() {
	for pid in ${servers#"$servers_before"}; do
		kill "$pid"
		wait "$pid" || true
	done
	servers=$servers_before
}

# kills SERVER: pillarbox or its child is killed while messages come to SERVER. Dovecot gets all
# rounds, and the others a quarter of them.
kills() {
	export CLOCK_OFFSET=0h LOGIN_DELAY=0
	count=0 USERS='imap-delete pop3-delete' turns=$(((rounds + 3) / 4))
	rm -rf "${tmp:?}/$1" # some messages stayed there
	provider_start "$1"
	case $1 in
	dovecot) place="$tmp/dovecot/mail/%s" turns=$rounds ;;
	courier) place="$tmp/courier/%s/Maildir" ;;
	cyrus) place="127.0.0.1:$IMAPS_PORT" ;;
	esac
	box imap-delete pop3-delete
	kill -KILL "$box_pid"
	wait "$box_pid" || true
	box_pid=
	python3 scripts/remote/kill.py "$1" "$turns" "$place"
	provider_stop
	count=$messages USERS=$accounts
}

# lean: builds the program as packages have it.
lean() {
	export PILLARBOX="$tmp/pillarbox"
	# shellcheck disable=SC2046 # one flag a word
	CGO_ENABLED=0 go build $(scripts/lean.sh) -o "$PILLARBOX" ./cmd/pillarbox
}

# compare: one mailbox with $COUNT messages of 4 KiB, and one with a message of 25 MB.
compare() {
	count=0 USERS='many large'
	provider_start dovecot
	python3 - "$tmp/dovecot/mail" "${COUNT:-2000}" <<'PY'
import sys
at, many = sys.argv[1], int(sys.argv[2])
head = "Received: from a by b; Sun, 9 Sep 2001 01:46:40 +0000\nMessage-ID: <{}@home.arpa>\nDate: Sun, 9 Sep 2001 01:46:40 +0000\nFrom: a@home.arpa\nSubject: {}\n\n"
for n in range(many):
    with open(f"{at}/many/new/{n}.M{n}P1.host", "w") as f:
        f.write(head.format(n, n) + ("0123456789" * 7 + "\n") * 55)
with open(f"{at}/large/new/1.M1P1.host", "w") as f:
    f.write(head.format("large", "large") + ("0123456789" * 7 + "\n") * (25_000_000 // 72))
PY
	chown -R nobody:nogroup "$tmp/dovecot/mail"
	box_configure
	sed -i 's/^capacity = .*/capacity = "1GiB"/' "$CONFIG"
	box_user anna
	mkdir "$tmp/compare"
	chmod 755 "$tmp/compare"
	CERTIFICATE="$tmp/cert.pem" PIN="$pin" python3 scripts/remote/compare.py "$IMAPS_PORT" "$POPS_PORT" "${COUNT:-2000}"
}

# memory: accounts at Dovecot; two know 5000 messages each, two have a large one to fetch and two many
# small ones. One more account sends.
memory() {
	export COUNT="${COUNT:-5000}" CERTIFICATE="$tmp/cert.pem" KEY="$tmp/key.pem"
	count=$COUNT USERS='imap-keep pop3-keep imap-many pop3-many'
	for user in imap-large pop3-large; do
		mkdir -p "$tmp/dovecot/mail/$user/new" "$tmp/dovecot/mail/$user/cur" "$tmp/dovecot/mail/$user/tmp"
		python3 -c 'print("Message-ID: <1@home.arpa>\n\n" + ("0123456789" * 7 + "\n") * ((49 << 20) // 72), end="")' \
			>"$tmp/dovecot/mail/$user/new/1.M1P1.host"
	done
	provider_start dovecot
	since=new
	box imap-keep pop3-keep imap-large pop3-large imap-many pop3-many
	sed -i '/^\[remote.*-\(large\|many\)\]/,/^since/s/^since.*/since    = "all"/' "$CONFIG"
	OUTGOING_PORT=$(scripts/ports.py 1)
	export OUTGOING_PORT
	cat >>"$CONFIG" <<TOML

[remote.out]
owner    = "imap-many"
address  = ["out@provider.example"]
fetch    = "none"
outgoing = "127.0.0.1:$OUTGOING_PORT"
pin      = "$pin"
per_day  = 100000
TOML
	kill -HUP "$box_pid"
	printf '%s\n' "$PASSWORD" | "$PILLARBOX" remote login -config "$CONFIG" out >/dev/null
	box_stop
	box_pid=
	python3 scripts/remote/memory.py imap-keep pop3-keep
}

certificate
if [ -n "$measure" ]; then
	lean
	"$measure"
	exit
fi
build
missing='' messages=$count accounts=$USERS
for provider in $providers; do
	servers_before=$servers
	if ! provider_start "$provider"; then
		missing="$missing $provider"
		continue
	fi
	[ "$count" = 0 ] || walk "$provider"
	provider_stop
	[ "$rounds" = 0 ] || kills "$provider"
done
[ -z "$missing" ] || { echo "not checked:$missing"; exit 75; }
