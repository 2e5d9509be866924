#!/bin/sh
# getmail.sh plain|tls keep|delete OUT
#
# getmail has no STLS. It refuses to run as root, so root runs it as nobody; it asks for UIDL
# and LIST twice. Told to add no field of its own, it hands mail over with LF lines. When its
# delivery program is faster than itself it waits for it until a time-out: hence the sleep.
set -eu
case $1 in
plain) retriever=SimplePOP3Retriever port=$POP3_PORT certificates= ;;
tls) retriever=SimplePOP3SSLRetriever port=$POP3S_PORT certificates="ca_certs = $CA" ;;
esac
case $2 in keep) delete=false ;; delete) delete=true ;; esac
cat >"$HOME/getmailrc" <<RC
[retriever]
type = $retriever
server = $HOST
port = $port
$certificates
username = $ACCOUNT
password = $PASSWORD
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >\$(mktemp $3/XXXXXX) && sleep 0.3")
[options]
delete = $delete
received = false
delivered_to = false
RC
as=
if [ "$(id -u)" = 0 ]; then
	chown -R nobody "$HOME"
	as='setpriv --reuid=nobody --regid=nogroup --clear-groups --'
fi
$as getmail --getmaildir="$HOME" --rcfile=getmailrc
