#!/bin/sh
# curl-smtp.sh plain|lf|auth|stls|tls FILE RCPT
#
# curl sends a file as it is: lf gives it LF lines, as a script on a NAS would. It then neither
# stuffs the dots behind a bare LF nor sees that the last line is ended, and ends it again.
set -eu
recipient=$3
case $1 in
plain) set -- "$2" "smtp://$HOST:$SMTP_PORT" ;;
lf)
	tr -d '\r' <"$2" >"$HOME/letter"
	set -- "$HOME/letter" "smtp://$HOST:$SMTP_PORT"
	;;
auth) set -- "$2" "smtp://$HOST:$SMTP_PORT" --user "$ACCOUNT:$PASSWORD" --login-options AUTH=LOGIN ;;
stls) set -- "$2" "smtp://$HOST:$SMTP_PORT" --user "$ACCOUNT:$PASSWORD" --ssl-reqd ;;
tls) set -- "$2" "smtps://$HOST:$SMTPS_PORT" --user "$ACCOUNT:$PASSWORD" --login-options AUTH=PLAIN ;;
esac
file=$1 url=$2
shift 2
curl -sS "$@" --cacert "$CA" --mail-from anna@home.arpa --mail-rcpt "$recipient" \
	--upload-file "$file" "$url/curl.home.arpa"
