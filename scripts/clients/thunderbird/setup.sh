#!/bin/sh
# setup.sh DIR [CA]: starts Thunderbird with an empty profile in DIR, and has setup.cfg make an
# account; DIR/report is what came of it, DIR/console what Thunderbird says. CA is the one authority
# that it trusts besides its own.
set -eu
here=$(dirname "$0") home=$1 program=$1/thunderbird profile=$1/profile
sh "$here/program.sh" "$program" "$here/setup.cfg"
mkdir -p "$profile"
certutil -N -d "sql:$profile" --empty-password
[ -z "${2:-}" ] || certutil -A -d "sql:$profile" -n pillarbox -t C,, -i "$2"
cat >"$profile/user.js" <<'JS'
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
HOME=$home TB_REPORT=$home/report exec timeout 110 "$program/thunderbird-bin" --headless --no-remote --profile "$profile" >"$home/console" 2>&1
