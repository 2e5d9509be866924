#!/bin/sh
# mailutils.sh plain|stls|tls keep|delete OUT
#
# movemail of GNU mailutils: RETR for each message into an mbox, and DELE unless it keeps them. It
# uses STLS wherever a server offers it, and checks no certificate.
#
# It is given one message a session. mailutils 3.15 holds what it fetches in a temporary file, and
# after short messages it writes the second 8 KiB of a long one over the end of the first: as many
# octets are lost as the short ones had. It loses them from Dovecot, too.
set -eu
login=$ACCOUNT:$(python3 -c 'import os, urllib.parse; print(urllib.parse.quote(os.environ["PASSWORD"]))')
case $1 in
plain) url="pop://$login@$HOST:$POP3_PORT;notls" ;;
stls) url="pop://$login@$HOST:$POP3_PORT" ;;
tls) url="pops://$login@$HOST:$POP3S_PORT" ;;
esac
case $2 in keep) disposal='--preserve --uidl' ;; delete) disposal=--no-preserve ;; esac
umask 077
for _ in $(python3 scripts/clients/wire.py uids); do
	# shellcheck disable=SC2086 # $disposal is a list of words
	movemail.mailutils --max-messages=1 $disposal "$url" "$HOME/mbox"
done
# The mbox is taken back to what was fetched: mboxrd, with the unique-ids and what an IMAP server
# would keep added to the header, and two blank lines for a body without lines.
python3 - "$HOME/mbox" "$3" <<'PY'
import re, sys
with open(sys.argv[1], "rb") as f:
    mails = re.split(rb"(?m)^From .*\n", f.read())[1:]
for number, mail in enumerate(mails):
    header, blank, body = mail.partition(b"\n\n")
    header = re.sub(rb"\nX-(UIDL|UID|IMAPbase): .*", b"", header)
    body = b"" if body == b"\n\n" else re.sub(rb"(?m)^>(>*From )", rb"\1", body.removesuffix(b"\n"))
    with open("%s/%03d" % (sys.argv[2], number), "wb") as f:
        f.write(header + blank + body)
PY
