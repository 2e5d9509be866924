#!/bin/sh
# sylpheed.sh plain|stls|tls keep|delete OUT
#
# Sylpheed in a window that no one sees: UIDL, RETR for each message, DELE unless it keeps them. It
# writes LF lines into the MH folder of its inbox.
#
# clients.sh tries plain alone. Over TLS one case has passed (stls keep), and others were not over
# in two minutes on a machine under load; the reason is not known.
set -eu
port=$POP3_PORT remove=0
case $1 in
plain) tls=0 ;;
tls) tls=1 port=$POP3S_PORT ;;
stls) tls=2 ;;
esac
[ "$2" = keep ] || remove=1
umask 077
rc=$HOME/.sylpheed-2.0 inbox=$HOME/Mail/inbox
mkdir -p "$rc/certs" "$inbox" "$HOME/Mail/sent" "$HOME/Mail/draft" "$HOME/Mail/queue" "$HOME/Mail/trash"
cp "$CA" "$rc/certs/ca-certificates.crt"
cat >"$rc/accountrc" <<RC
[Account: 1]
account_name=test
is_default=1
name=Anna
address=anna@home.arpa
protocol=0
receive_server=$HOST
smtp_server=$HOST
user_id=$ACCOUNT
password=$PASSWORD
inbox=inbox
remove_mail=$remove
message_leave_time=0
get_all_mail=0
filter_on_receive=0
receive_at_get_all=1
ssl_pop=$tls
set_popport=1
pop_port=$port
RC
cat >"$rc/folderlist.xml" <<XML
<?xml version="1.0" encoding="UTF-8"?>

<folderlist>
    <folder type="mh" name="Mailbox" path="$HOME/Mail">
        <folderitem type="inbox" name="inbox" path="inbox" mtime="0" new="0" unread="0" total="0" />
        <folderitem type="outbox" name="sent" path="sent" mtime="0" new="0" unread="0" total="0" />
        <folderitem type="draft" name="draft" path="draft" mtime="0" new="0" unread="0" total="0" />
        <folderitem type="queue" name="queue" path="queue" mtime="0" new="0" unread="0" total="0" />
        <folderitem type="trash" name="trash" path="trash" mtime="0" new="0" unread="0" total="0" />
    </folder>
</folderlist>
XML
cat >"$rc/sylpheedrc" <<RC
[Common]
receive_dialog_mode=2
no_receive_error_panel=1
close_receive_dialog=1
online_mode=1
update_check=0
default_update_check=0
RC
wanted=$(python3 scripts/clients/wire.py uids | wc -l)
scripts/clients/xvfb.sh sylpheed --configdir "$rc" --receive-all >"$HOME/said" 2>&1 &
trap 'kill $! 2>/dev/null; wait' EXIT
trap 'exit 1' INT TERM
over() { awk '/POP3> QUIT/ { quit = 1 } quit && /POP3< [+]OK/ { over = 1 } END { exit !over }' 2>/dev/null "$rc/sylpheed.log"; }
until over && [ "$(find "$inbox" -name "[0-9]*" | wc -l)" = "$wanted" ]; do sleep 0.1; done
cp "$inbox"/[0-9]* "$3"
