#!/bin/sh
# sendmail.sh plain FILE RCPT
#
# The server's own, as programs of its machine call it. It takes LF lines from a local program.
set -eu
tr -d '\r' <"$2" | "$PILLARBOX" sendmail -C "$CONFIG" -i -f anna@home.arpa -- "$3"
