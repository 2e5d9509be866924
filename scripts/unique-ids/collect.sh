#!/bin/sh
# collect.sh CLIENT HOST PORT HOME           a client collects the mailbox of anna and leaves it on
#                                            the server; prints how many messages it got
# collect.sh -rename CLIENT HOST PORT HOME   edits its state file for the server localhost, which
#                                            has the name HOST now
#
# The client keeps its state in HOME. getmail refuses to run as root, so it runs as nobody; when its
# delivery is faster than itself, it waits for it until a time-out, hence the sleep.
set -eu
rename=
if [ "$1" = -rename ]; then
	rename=true
	shift
fi
client=$1 host=$2 port=$3 HOME=$4
export HOME
umask 077

if [ -n "$rename" ]; then
	case $client in
	fetchmail) sed -i "s/@localhost /@$host /" "$HOME/fetchids" ;;
	getmail) mv "$HOME/oldmail-localhost-$port-anna" "$HOME/oldmail-$host-$port-anna" ;;
	mpop) sed -i "s/localhost/$host/" "$HOME/uidls" ;;
	esac
	exit
fi

rm -rf "$HOME/mail"
mkdir -p "$HOME/mail/cur" "$HOME/mail/new" "$HOME/mail/tmp"
case $client in
fetchmail)
	cat >"$HOME/rc" <<RC
poll $host protocol pop3 service $port uidl
  user "anna" password "$PASSWORD" keep sslproto ''
  mda "sh -c 'cat >\$(mktemp $HOME/mail/new/XXXXXX)'"
RC
	code=0
	fetchmail --fetchmailrc "$HOME/rc" --pidfile "$HOME/pid" --idfile "$HOME/fetchids" >&2 || code=$?
	[ $code -le 1 ] # 1: no new mail
	;;
getmail)
	cat >"$HOME/rc" <<RC
[retriever]
type = SimplePOP3Retriever
server = $host
port = $port
username = anna
password = $PASSWORD
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >\$(mktemp $HOME/mail/new/XXXXXX) && sleep 0.3")
[options]
delete = false
read_all = false
RC
	chown -R nobody "$HOME"
	setpriv --reuid=nobody --regid=nogroup --clear-groups -- \
		getmail --quiet --getmaildir="$HOME" --rcfile="$HOME/rc" >&2
	;;
mpop)
	cat >"$HOME/rc" <<RC
account old
host $host
port $port
user anna
password "$PASSWORD"
auth user
tls off
keep on
uidls_file $HOME/uidls
delivery maildir $HOME/mail
RC
	mpop --file="$HOME/rc" --quiet old >&2
	;;
esac
find "$HOME/mail/new" -type f | wc -l
