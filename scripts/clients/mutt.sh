#!/bin/sh
# mutt.sh plain|stls|tls keep|delete OUT
#
# Opens the maildrop as a folder (LIST n and TOP n 0 for each mail), pipes every mail into a file
# (RETR) and, for delete, marks them all. It writes LF lines. script(1) lends it a terminal. It logs
# in as it likes best: SCRAM-SHA-256, and not SCRAM-SHA-256-PLUS, which it begins where it finds it
# and does not get to the end of.
set -eu
case $1 in
plain) url=pop://$HOST:$POP3_PORT tls='set ssl_starttls=no ssl_force_tls=no' ;;
stls) url=pop://$HOST:$POP3_PORT tls='set ssl_starttls=yes ssl_force_tls=yes' ;;
tls) url=pops://$HOST:$POP3S_PORT tls= ;;
esac
case $2 in keep) mark= ;; delete) mark='<delete-message>' ;; esac
umask 077
cat >"$HOME/muttrc" <<RC
set pop_user="$ACCOUNT" pop_pass="$PASSWORD" pop_checkinterval=600 pop_delete=no
$tls
set folder="$HOME" certificate_file="$CA" delete=yes move=no quit=yes wait_key=no beep=no auto_tag=yes
set pipe_split=yes pipe_decode=no pipe_sep="" record="" postponed="" sleep_time=0
push "<tag-pattern>~A<enter><pipe-message>cat >\\\$(mktemp $3/XXXXXX)<enter>$mark<quit>"
RC
TERM=xterm script -qec "${MUTT:-mutt} -n -F '$HOME/muttrc' -f '$url/'" /dev/null </dev/null >"$HOME/screen"
