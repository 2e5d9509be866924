#!/bin/sh
# nmh.sh plain|tls keep|delete OUT
#
# inc of nmh: RETR for each message, and DELE unless it keeps them. It writes LF lines, one file a
# message.
set -eu
case $1 in
plain) how="-port $POP3_PORT" ;;
tls) how="-port $POP3S_PORT -initialtls -certverify" ;;
esac
case $2 in keep) how="$how -notruncate" ;; delete) how="$how -truncate" ;; esac
umask 077
printf 'machine %s\nlogin %s\npassword "%s"\n' "$HOST" "$ACCOUNT" "$PASSWORD" >"$HOME/netrc"
printf 'Path: %s/Mail\ncredentials: file:%s/netrc\n' "$HOME" "$HOME" >"$HOME/.mh_profile"
mkdir "$HOME/Mail" "$HOME/Mail/inbox"
# shellcheck disable=SC2086 # $how is a list of words
MH=$HOME/.mh_profile SSL_CERT_FILE=$CA /usr/bin/mh/inc -host "$HOST" -user "$ACCOUNT" $how -silent >/dev/null
cp "$HOME"/Mail/inbox/[0-9]* "$3"
