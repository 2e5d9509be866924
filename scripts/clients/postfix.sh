#!/bin/sh
# postfix.sh plain|lmtp|auth|stls|tls FILE RCPT
#
# Postfix as a relay: it takes the message by SMTP, puts a Received field before it, and sends it
# on. The server's trace is below that field, so the field is removed on the way out. Its master
# process starts as root only.
set -eu
[ "$(id -u)" = 0 ] || { echo "Postfix can be started by root only" >&2 && exit 1; }
conf=$HOME/conf port=$SMTP_PORT transport=smtp security=may options=
case $1 in
plain) security=none ;;
lmtp) port=$LMTP_PORT transport=lmtp:inet ;;
auth) security=none options='smtp_sasl_auth_enable = yes' ;;
stls) security=secure options='smtp_sasl_auth_enable = yes' ;;
tls) port=$SMTPS_PORT security=secure options='smtp_sasl_auth_enable = yes
smtp_tls_wrappermode = yes' ;;
esac
mkdir -p "$conf" "$HOME/queue" "$HOME/lib"
chown postfix "$HOME/lib"
intake=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
printf '[%s]:%s %s:%s\n' "$HOST" "$port" "$ACCOUNT" "$PASSWORD" >"$conf/passwords"
echo '/^Received:/ IGNORE' >"$conf/checks"
cat >"$conf/main.cf" <<CF
compatibility_level        = 3.6
queue_directory            = $HOME/queue
data_directory             = $HOME/lib
myhostname                 = postfix.home.arpa
mydestination              =
inet_interfaces            = 127.0.0.1
inet_protocols             = ipv4
maillog_file               = $HOME/log
maillog_file_prefixes      = $HOME
alias_maps                 =
smtp_host_lookup           = native
lmtp_host_lookup           = native
default_transport          = $transport:[$HOST]:$port
smtp_header_checks         = regexp:$conf/checks
lmtp_header_checks         = regexp:$conf/checks
smtp_line_length_limit     = 0
lmtp_line_length_limit     = 0
smtp_tls_security_level    = $security
smtp_tls_CAfile            = $CA
smtp_tls_secure_cert_match = hostname
smtp_sasl_password_maps    = texthash:$conf/passwords
smtp_sasl_security_options = noanonymous
$options
CF
cat >"$conf/master.cf" <<CF
# service type private unpriv chroot wakeup maxproc command
127.0.0.1:$intake inet n - n - - smtpd
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
lmtp      unix  -       -       n       -       -       lmtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
CF
[ -d "$HOME/queue/pid" ] || postfix -c "$conf" check 2>>"$HOME/start" # makes the queue
# This is what postfix start and stop come to; those take seconds.
/usr/lib/postfix/sbin/master -c "$conf" -w 2>>"$HOME/start"
stop() {
	pid=$(tr -d ' ' <"$HOME/queue/pid/master.pid")
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
trap stop EXIT
trap 'exit 1' INT TERM
SMTP_PORT=$intake HOST=127.0.0.1 python3 scripts/clients/wire.py send "$2" "$3"
until grep -qs 'status=' "$HOME/log"; do sleep 0.1; done # clients.sh ends what takes too long
grep -q 'status=sent' "$HOME/log" || { cat "$HOME/start" "$HOME/log" >&2 && exit 1; }
rm "$HOME/log" # of this message
