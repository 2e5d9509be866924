#!/bin/sh
# fdm.sh plain|tls keep|delete OUT
#
# It logs in by APOP where the greeting has a timestamp, which ours has not. It writes LF lines into
# a Maildir. It has no STLS, and trusts the system's authorities only: SSL_CERT_FILE names ours.
set -eu
case $1 in
plain) server="pop3 server '$HOST' port $POP3_PORT" ;;
tls) server="pop3s server '$HOST' port $POP3S_PORT" ;;
esac
case $2 in keep) keep=keep ;; delete) keep= ;; esac
umask 077
cat >"$HOME/fdm.conf" <<CONF
set lock-file "$HOME/fdm.lock"
set no-received
set no-create
set verify-certificates
set allow-multiple
action "maildir" maildir "$HOME/Maildir"
account "box" $server user "$ACCOUNT" pass "$PASSWORD" new-only cache "$HOME/fdm.cache" $keep
match all action "maildir"
CONF
mkdir "$HOME/Maildir" "$HOME/Maildir/cur" "$HOME/Maildir/new" "$HOME/Maildir/tmp"
sed -i 's/ new-only cache "[^"]*"//' "$HOME/fdm.conf"
SSL_CERT_FILE=$CA fdm -f "$HOME/fdm.conf" -q fetch
cp "$HOME"/Maildir/new/* "$3"
