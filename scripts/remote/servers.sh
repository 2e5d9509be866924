# shellcheck shell=sh
# servers.sh: sourced by scripts/remote.sh, which has $tmp, $servers, $PASSWORD, $USERS and $count.
# provider_start NAME starts a server with $count messages in the mailbox of each of $USERS, and sets
# $IMAPS_PORT and $POPS_PORT; it is false if that server is not there.

: "${tmp:?}" "${count:?}" "${USERS:?}" "${servers:=}" "${IMAPS_PORT:=}" "${POPS_PORT:=}"

provider_start() {
	case $1 in
	dovecot)
		mkdir -p "$tmp/dovecot/mail"
		maildirs "$tmp/dovecot/mail" .
		dovecot_start ;;
	courier) courier_start ;;
	cyrus)
		cyrus_start || return 1
		# shellcheck disable=SC2086 # one user a word
		python3 scripts/remote/mail.py append "$IMAPS_PORT" "$count" $USERS ;;
	esac
}

# maildirs DIR NAME: makes the Maildir DIR/USER/NAME of each user.
maildirs() {
	for user in $USERS; do
		mkdir -p "$1/$user/$2"
		python3 scripts/remote/mail.py maildir "$1/$user/$2" "$count"
	done
	chown -R nobody:nogroup "$1"
}

# courier_start: the servers of Courier, whose files are below $SERVERS.
courier_start() {
	pop3d=${SERVERS:-/nonexistent}/usr/lib/courier/courier/courierpop3d imapd=${SERVERS:-/nonexistent}/usr/bin/imapd
	[ -x "$pop3d" ] && [ -x "$imapd" ] || return 1
	imap_ports
	maildirs "$tmp/courier" Maildir
	libraries=$(find "$SERVERS" -name 'lib*.so.*' -exec dirname {} + | sort -u | paste -s -d :)
	for server in "pop3 $POPS_PORT" "imap $IMAPS_PORT"; do
		program=$imapd
		[ "${server% *}" = imap ] || program=$pop3d
		LD_LIBRARY_PATH=$libraries python3 scripts/remote/courier.py "${server% *}" "${server#* }" "$tmp/cert.pem" "$tmp/key.pem" \
			"$tmp/courier" "$program" Maildir 2>>"$tmp/courier.log" &
		servers="$servers $!"
	done
	IMAP_PORT=$IMAPS_PORT imap_await "$tmp/courier.log"
}
