#!/bin/sh
# fetchmail.sh plain|stls|tls keep|delete OUT
#
# keep never sends RETR: fetchmail asks for "TOP n 99999999" and so does not mark the mail as
# read. delete is fetchall. "invisible" keeps fetchmail from adding a Received field of its
# own, "no rewrite" from completing addresses. It hands mail over with LF lines.
set -eu
case $1 in
plain) port=$POP3_PORT tls="sslproto ''" ;;
stls) port=$POP3_PORT tls="sslproto 'TLS1.2+' sslcertck sslcertfile '$CA'" ;;
tls) port=$POP3S_PORT tls="ssl sslcertck sslcertfile '$CA'" ;;
esac
case $2 in keep) disposal=keep ;; delete) disposal='fetchall no keep' ;; esac
umask 077
cat >"$HOME/fetchmailrc" <<RC
set invisible
poll $HOST protocol pop3 service $port uidl
  user "$ACCOUNT" password "$PASSWORD" no rewrite $disposal $tls
  mda "sh -c 'cat >\$(mktemp $3/XXXXXX)'"
RC
fetchmail --fetchmailrc "$HOME/fetchmailrc" --pidfile "$HOME/fetchmail.pid" --idfile "$HOME/fetchids"
