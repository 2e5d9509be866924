#!/bin/sh
# client.sh DIR [CA]: runs in the namespaces of the client: names are those of DIR/hosts and, if
# DIR/mdns is there, those of multicast DNS. Starts Thunderbird with an empty profile; CA is the one
# authority that it trusts besides its own.
set -eu
here=$(dirname "$0")/../clients/thunderbird
home=$1 program=$1/thunderbird profile=$1/profile
mount --bind "$home/hosts" /etc/hosts
mount --bind "$home/nsswitch" /etc/nsswitch.conf
mount -t tmpfs none /run
if [ -e "$home/mdns" ]; then
	mkdir -p /run/dbus /run/avahi-daemon
	dbus-daemon --system --fork
	avahi-daemon --no-drop-root --no-rlimits --no-chroot >"$home/avahi" 2>&1 &
	echo $! >"$home/../avahi.pid"
	for _ in $(seq 100); do
		! avahi-resolve -4 -n "$(cat "$home/mdns")" >"$home/resolved" 2>/dev/null || break
		sleep 0.2
	done
fi
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
status=0
HOME=$home TB_REPORT=$home/report timeout 110 "$program/thunderbird-bin" --headless --no-remote --profile "$profile" >"$home/console" 2>&1 || status=$?
[ ! -s "$home/../avahi.pid" ] || { kill "$(cat "$home/../avahi.pid")" || true; rm -f "$home/../avahi.pid"; }
exit $status
