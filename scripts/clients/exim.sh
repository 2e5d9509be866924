#!/bin/sh
# exim.sh plain|lmtp|auth|stls|tls FILE RCPT
#
# Exim as a relay: it takes the message from a local program, puts a Received field before it, and
# sends it on. The server's trace is below that field's, so the field is removed by the transport.
set -eu
user=$(id -un) as=$user
[ "$user" != root ] || as=nobody # as which Exim sends: never as root
port=$SMTP_PORT options=
case $1 in
lmtp) port=$LMTP_PORT options='protocol = lmtp' ;;
auth | stls) options='hosts_require_auth = *' ;;
tls) port=$SMTPS_PORT options='hosts_require_auth = *
  protocol = smtps' ;;
esac
case $1 in
plain | lmtp | auth) options="$options
  hosts_avoid_tls = *" ;;
*) options="$options
  hosts_require_tls = *
  tls_verify_certificates = $CA
  tls_verify_cert_hostnames = *" ;;
esac
mkdir -p "$HOME/spool"
cat >"$HOME/exim.conf" <<CONF
exim_user = $user
exim_group = $(id -gn)
spool_directory = $HOME/spool
exim_path = $(command -v exim4)
log_file_path = $HOME/spool/%slog
primary_hostname = exim.home.arpa
trusted_users = $user
never_users =
no_local_from_check
keep_environment =
tls_advertise_hosts =
begin routers
box:
  driver = manualroute
  route_list = * $HOST byname
  self = send
  transport = box
begin transports
box:
  driver = smtp
  user = $as
  port = $port
  headers_remove = Received
  message_linelength_limit = 100000
  allow_localhost
  $options
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^$ACCOUNT^$PASSWORD
CONF
tr -d '\r' <"$2" | exim4 -C "$HOME/exim.conf" -odf -oee -i -f anna@home.arpa "$3"
if [ -e "$HOME/spool/paniclog" ] || ls "$HOME"/spool/input/* >/dev/null 2>&1; then
	cat "$HOME"/spool/*log >&2
	exit 1
fi
