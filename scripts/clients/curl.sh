#!/bin/sh
# curl.sh plain|stls|tls keep|delete OUT
#
# One connection a command. It writes what crossed the wire, CRLF lines and all.
set -eu
case $1 in
plain) url=pop3://$HOST:$POP3_PORT tls= ;;
stls) url=pop3://$HOST:$POP3_PORT tls=--ssl-reqd ;;
tls) url=pop3s://$HOST:$POP3S_PORT tls= ;;
esac
# shellcheck disable=SC2086 # $tls is a word or none
curl() { command curl -sS $tls --cacert "$CA" --user "$ACCOUNT:$PASSWORD" "$@"; }

numbers=$(curl "$url/" | grep -o '^[0-9]*' || true)
for number in $numbers; do
	curl "$url/$number" >"$3/$number"
	curl --request "TOP $number 0" "$url/" | cmp -n 200 - "$3/$number"
done
if [ "$2" = delete ]; then # each session numbers anew
	for number in $numbers; do curl --head --request "DELE 1" "$url/"; done
fi
