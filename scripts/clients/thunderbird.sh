#!/bin/sh
# thunderbird.sh stls|tls keep|delete OUT
#
# Thunderbird without a display, steered by thunderbird/mozilla.cfg from inside. The server's
# authority is in the certificate store of its profile. With keep it leaves mail on the server, and
# a second start must fetch nothing twice.
#
# The messages are taken from its mailbox file (thunderbird/split.py).
set -eu
case $1 in
stls) port=$POP3_PORT security=2 ;;
tls) port=$POP3S_PORT security=3 ;;
esac
case $2 in keep) leave=true ;; delete) leave=false ;; esac
here=$(dirname "$0")
program=$HOME/thunderbird profile=$HOME/profile
sh "$here/thunderbird/program.sh" "$program" "$here/thunderbird/mozilla.cfg"
mkdir -p "$profile"

certutil -N -d "sql:$profile" --empty-password
certutil -A -d "sql:$profile" -n box -t C,, -i "$CA"
cat >"$profile/user.js" <<JS
user_pref("mail.accountmanager.accounts", "account1,account2");
user_pref("mail.accountmanager.defaultaccount", "account1");
user_pref("mail.accountmanager.localfoldersserver", "server2");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.account.account2.server", "server2");
user_pref("mail.identity.id1.useremail", "$ACCOUNT@home.arpa");
user_pref("mail.identity.id1.valid", true);
user_pref("mail.server.server1.type", "pop3");
user_pref("mail.server.server1.hostname", "$HOST");
user_pref("mail.server.server1.port", $port);
user_pref("mail.server.server1.socketType", $security);
user_pref("mail.server.server1.authMethod", 3);
user_pref("mail.server.server1.userName", "$ACCOUNT");
user_pref("mail.server.server1.name", "box");
user_pref("mail.server.server1.leave_on_server", $leave);
user_pref("mail.server.server1.directory-rel", "[ProfD]Mail/$HOST");
user_pref("mail.server.server1.login_at_startup", false);
user_pref("mail.server.server1.check_new_mail", false);
user_pref("mail.server.server2.type", "none");
user_pref("mail.server.server2.hostname", "Local Folders");
user_pref("mail.server.server2.userName", "nobody");
user_pref("mail.server.server2.directory-rel", "[ProfD]Mail/Local Folders");
user_pref("mail.spotlight.enable", false);
user_pref("mailnews.start_page.enabled", false);
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("app.donation.eoy.version.viewed", 999);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("mail.rights.version", 1);
JS

fetch() {
	TB_REPORT=$HOME/report timeout 50 "$program/thunderbird-bin" --headless --no-remote --profile "$profile" >"$HOME/console" 2>&1 ||
		{ tail -5 "$HOME/console"; return 1; }
	grep -qx fetched "$HOME/report" || { cat "$HOME/report"; return 1; }
}
fetch
if [ "$2" = keep ]; then fetch; fi
python3 "$here/thunderbird/split.py" "$profile/Mail/$HOST/Inbox" "$3"
