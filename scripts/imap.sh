#!/bin/sh
# imap.sh: moves a mailbox from a Maildir of Dovecot to pillarbox, by an mbox file to another
# pillarbox, and from there by IMAP to Dovecot and to Cyrus, and compares octets, unique-ids, dates
# and order. An export by IMAP is killed in between and run again.
#
#   scripts/imap.sh [COUNT]     messages; 300 if it is not there
#
# By STARTTLS, to another folder, 300 messages of another account move.
#
# It needs root, python3, openssl, dovecot-imapd, and for Cyrus the files of cyrus-common and
# cyrus-imapd unpacked below $CYRUS, because Debian installs only one IMAP server
# (scripts/imap/cyrus.sh unpacks them). Exit code 75: not checked.
set -eu
cd "$(dirname "$0")/.."
count=${1:-300} few=300 pause=0.1
[ "$count" -lt 2000 ] || pause=1
if [ "$(id -u)" != 0 ] || ! command -v dovecot >/dev/null; then
	echo "imap.sh: needs root and dovecot-imapd" >&2
	exit 75
fi

tmp=$(mktemp -d)
chmod 755 "$tmp"
servers=
# shellcheck disable=SC2154 # the loop assigns pid
trap 'for pid in $servers; do kill "$pid" 2>/dev/null || true; done; sleep 1; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh
. scripts/imap/servers.sh
PASSWORD=imap-1840 # static users of Dovecot have no spaces in theirs
box_build

# pillarbox_at NAME: makes the state $tmp/NAME with the account anna; its configuration is
# $tmp/NAME.toml.
pillarbox_at() {
	printf 'hostname = "nas.home.arpa"\nstate = "%s"\nspool = {capacity = "1GiB", volatile = true}\n' "$tmp/$1" >"$tmp/$1.toml"
	printf '%s\n' "$PASSWORD" | $PILLARBOX user add -config "$tmp/$1.toml" anna >/dev/null
}

spool() {
	verb=$1 at=$2
	shift 2
	$PILLARBOX spool "$verb" -config "$tmp/$at.toml" "$@"
}

# cost NAME: what the spool has written.
cost() {
	spool stat "$1" -json | python3 -c 'import json, sys
s = json.load(sys.stdin)
print("%s: %d messages, %d flushes, %.3f bytes written for each byte of mail" % (sys.argv[1], s["messages"], s["flushes"], s["write_amplification"]))' "$1"
}

# by_imap ACCOUNT COUNT DIR ARGUMENT...: exports until the server, whose mail is below DIR, has all
# of it. The first time it is killed when a part has arrived. Prints how long the second one took.
by_imap() {
	account=$1 all=$2 below=$3
	shift 3
	printf '%s\n' "$PASSWORD" | "$PILLARBOX" spool export -config "$tmp/second.toml" -format imap "$@" "$account" &
	exporting=$!
	until [ "$(find "$below" -type f 2>/dev/null | wc -l)" -gt $((all / 4)) ]; do
		kill -0 $exporting 2>/dev/null || break # it is done already
		sleep "$pause"
	done
	kill -KILL $exporting 2>/dev/null || true
	wait $exporting || true
	began=$(date +%s)
	printf '%s\n' "$PASSWORD" | spool export second -format imap "$@" "$account" | tee "$tmp/rest"
	echo "in $(($(date +%s) - began)) s"
	[ "$(sed -n 's/.* \([0-9]*\) there already/\1/p' "$tmp/rest")" -gt 0 ]
	printf '%s\n' "$PASSWORD" | spool export second -format imap "$@" "$account" | tee "$tmp/again"
	grep -qx "$account: 0 exported, $all there already" "$tmp/again"
}

python3 scripts/imap/maildir.py make "$tmp/Maildir" "$count"
pillarbox_at first
pillarbox_at second
spool import first -format maildir -dry-run anna "$tmp/Maildir"
spool import first -format maildir anna "$tmp/Maildir"
cost first
spool export first -format mbox -o "$tmp/anna.mbox" anna
spool export first -format mbox -o "$tmp/anna.mbox" anna | grep -qx "anna: 0 exported, $count there already"
spool import second -format mbox anna "$tmp/anna.mbox"
cost second
python3 scripts/imap/maildir.py make "$tmp/Few" $few
printf '%s\n' "$PASSWORD" | $PILLARBOX user add -config "$tmp/second.toml" otto >/dev/null
spool import second -format maildir otto "$tmp/Few"
spool export first -format maildir -o "$tmp/one" anna
spool export second -format maildir -o "$tmp/two" anna
python3 scripts/imap/maildir.py same "$tmp/one/anna" "$tmp/two/anna"

certificate
dovecot_start
by_imap anna "$count" "$tmp/dovecot/mail/anna/cur" -to "imaps://anna@localhost:$IMAPS_PORT/" -ca "$tmp/cert.pem"
python3 scripts/imap/maildir.py moved "$tmp/two/anna" "$tmp/dovecot/mail/anna"
by_imap otto "$few" "$tmp/dovecot/mail/anna/.Old mail/cur" -to "imap://anna@127.0.0.1:$IMAP_PORT/Old%20mail" -pin "$pin"
if cyrus_start; then
	by_imap anna "$count" "$tmp/cyrus/mail" -to "imaps://anna@localhost:$IMAPS_PORT/" -ca "$tmp/cert.pem"
	python3 scripts/imap/maildir.py fetched "$tmp/two/anna" localhost "$IMAPS_PORT" anna "$tmp/cert.pem"
else
	echo 'Cyrus: not checked' && exit 75
fi
