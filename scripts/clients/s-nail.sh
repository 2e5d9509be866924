#!/bin/sh
# s-nail.sh plain|stls|tls keep|delete OUT
#
# Moves or copies every mail into a Maildir (TOP n 0 for each, then RETR). What it fetches it keeps
# in an mbox of its own, whose rules show in the copy: "From " is quoted, a blank line ends it.
set -eu
case $1 in
plain) url=pop3://$HOST:$POP3_PORT starttls=unset ;;
stls) url=pop3://$HOST:$POP3_PORT starttls=set ;;
tls) url=pop3s://$HOST:$POP3S_PORT starttls=unset ;;
esac
case $2 in keep) copy=copy end=xit ;; delete) copy=move end=quit ;; esac
umask 077
cat >"$HOME/mailrc" <<RC
set v15-compat user=$ACCOUNT password="$PASSWORD"
set pop3-auth=plain nopop3-keepalive nohold noheader errexit
$starttls pop3-use-starttls
set tls-ca-file=$CA tls-ca-no-defaults tls-verify=strict
RC
printf '%s\n' "file $url" "$copy * maildir://$HOME/Maildir" "$end" |
	MAILRC=$HOME/mailrc s-nail -n -#
cp "$HOME"/Maildir/new/* "$3"
