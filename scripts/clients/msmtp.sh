#!/bin/sh
# msmtp.sh plain|auth|stls|tls FILE RCPT
#
# Told to add no field of its own. It takes LF lines from a local program.
set -eu
case $1 in
plain) how="--port=$SMTP_PORT --tls=off --auth=off" ;;
auth) how="--port=$SMTP_PORT --tls=off --auth=plain" ;;
stls) how="--port=$SMTP_PORT --tls=on --tls-starttls=on --auth=on" ;;
tls) how="--port=$SMTPS_PORT --tls=on --tls-starttls=off --auth=login" ;;
esac
umask 077
printf 'password "%s"\n' "$PASSWORD" >"$HOME/msmtprc"
# shellcheck disable=SC2086 # $how is a list of words
tr -d '\r' <"$2" | msmtp --file="$HOME/msmtprc" --host="$HOST" $how --tls-trust-file="$CA" \
	--user="$ACCOUNT" --passwordeval="printf '%s\n' '$PASSWORD'" \
	--set-from-header=off --set-date-header=off --set-msgid-header=off \
	--from=anna@home.arpa -- "$3"
