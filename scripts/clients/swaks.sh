#!/bin/sh
# swaks.sh plain|auth|stls|tls FILE RCPT
#
# swaks is given the letter in its wire form and told to send it as it stands: so it can send
# what no careful sender would. It pipelines MAIL, RCPT and DATA.
set -eu
case $1 in
plain) how="--port $SMTP_PORT" ;;
auth) how="--port $SMTP_PORT --auth LOGIN" ;;
stls) how="--port $SMTP_PORT --tls --auth PLAIN" ;;
tls) how="--port $SMTPS_PORT --tls-on-connect --auth LOGIN" ;;
esac
"${0%/*}/wire.py" stuff "$2" >"$HOME/letter"
# shellcheck disable=SC2086 # $how is a list of words
swaks --silent 2 --server "$HOST" $how --tls-verify --tls-ca-path "$CA" \
	--auth-user "$ACCOUNT" --auth-password "$PASSWORD" --pipeline --helo swaks.home.arpa \
	--from anna@home.arpa --to "$3" --no-data-fixup --data "@$HOME/letter"
