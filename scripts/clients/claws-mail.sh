#!/bin/sh
# claws-mail.sh plain|stls|tls keep|delete OUT
#
# clients.sh tries plain alone: over TLS it does not go on after STLS, most likely for a window that
# asks about the certificate, which nobody sees here. SSL_CERT_FILE does not help.
#
# Claws Mail in a window that no one sees: UIDL, RETR for each message, DELE unless it keeps them.
# It writes LF lines into the MH folder of its inbox.
set -eu
port=$POP3_PORT remove=0
case $1 in
plain) tls=0 ;;
tls) tls=1 port=$POP3S_PORT ;;
stls) tls=2 ;;
esac
[ "$2" = keep ] || remove=1
umask 077
rc=$HOME/.claws-mail inbox=$HOME/Mail/inbox
mkdir -p "$rc" "$inbox" "$HOME/Mail/sent" "$HOME/Mail/draft" "$HOME/Mail/queue" "$HOME/Mail/trash"
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
inbox=#mh/Mailbox/inbox
remove_mail=$remove
message_leave_time=0
message_leave_hour=0
enable_size_limit=0
filter_on_receive=0
receive_at_get_all=1
ssl_pop=$tls
ssl_certs_auto_accept=0
set_popport=1
pop_port=$port
config_version=4
RC
# A password that has spaces can be stored encrypted only. The key is the same everywhere but for
# the salt.
salt=$(head -c 64 /dev/zero | base64 -w 0)
key=$(python3 -c 'import hashlib; print(hashlib.pbkdf2_hmac("sha1", b"passkey0", bytes(64), 1, 32).hex())')
padded() { # a block that is ignored, and the password with zeros up to 128 octets
	printf '%16s%s' '' "$PASSWORD"
	head -c "$((128 - ${#PASSWORD}))" /dev/zero
}
printf '[account:1]\nrecv {AES-256-CBC,1}%s\n' \
	"$(padded | openssl enc -aes-256-cbc -nopad -K "$key" -iv 0 2>/dev/null | base64 -w 0)" >"$rc/passwordstorerc"
cat >"$rc/folderlist.xml" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<folderlist>
    <folder type="mh" name="Mailbox" path="$HOME/Mail" sort="0" collapsed="0">
        <folderitem type="inbox" name="inbox" path="inbox" mtime="0" />
        <folderitem type="outbox" name="sent" path="sent" mtime="0" />
        <folderitem type="draft" name="draft" path="draft" mtime="0" />
        <folderitem type="queue" name="queue" path="queue" mtime="0" />
        <folderitem type="trash" name="trash" path="trash" mtime="0" />
    </folder>
</folderlist>
XML
cat >"$rc/clawsrc" <<RC
[Common]
config_version=4
receive_dialog_mode=2
no_receive_error_panel=1
close_receive_dialog=1
online_mode=1
master_passphrase_salt=$salt
RC
wanted=$(python3 scripts/clients/wire.py uids | wc -l)
SSL_CERT_FILE=$CA scripts/clients/xvfb.sh claws-mail --alternate-config-dir "$rc" --online --receive-all >"$HOME/said" 2>&1 &
trap 'kill $! 2>/dev/null; wait' EXIT
trap 'exit 1' INT TERM
over() { awk '/POP3?> QUIT/ { quit = 1 } quit && /POP3?< [+]OK/ { over = 1 } END { exit !over }' 2>/dev/null "$rc/claws.log"; }
until over && [ "$(find "$inbox" -name "[0-9]*" | wc -l)" = "$wanted" ]; do sleep 0.1; done
cp "$inbox"/[0-9]* "$3"
