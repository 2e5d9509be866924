#!/bin/sh
# mpop.sh plain|stls|tls keep|delete OUT
#
# The one client that pipelines RETR, 1000 commands at a time when the server announces PIPELINING.
# It writes LF lines into a Maildir. Without TLS it logs in by SCRAM, which sends no password.
set -eu
case $1 in
plain) auth=scram-sha-256 port=$POP3_PORT tls='tls off' ;;
stls) auth=plain port=$POP3_PORT tls="tls on
tls_starttls on
tls_trust_file $CA" ;;
tls) auth=login port=$POP3S_PORT tls="tls on
tls_starttls off
tls_trust_file $CA" ;;
esac
case $2 in keep) keep=on ;; delete) keep=off ;; esac
mkdir "$HOME/Maildir" "$HOME/Maildir/cur" "$HOME/Maildir/new" "$HOME/Maildir/tmp"
umask 077
cat >"$HOME/mpoprc" <<RC
account box
host $HOST
port $port
user $ACCOUNT
password "$PASSWORD"
auth $auth
$tls
keep $keep
received_header off
uidls_file $HOME/uidls
delivery maildir $HOME/Maildir
RC
mpop --file="$HOME/mpoprc" --quiet box
cp "$HOME"/Maildir/new/* "$3"
