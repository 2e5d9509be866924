#!/bin/sh
# client.sh DIR [CA]: runs in the namespaces of the client: names are those of DIR/hosts and, if
# DIR/mdns is there, those of multicast DNS. Starts Thunderbird with an empty profile; CA is the one
# authority that it trusts besides its own.
set -eu
here=$(dirname "$0")/../clients/thunderbird home=$1
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
status=0
sh "$here/setup.sh" "$home" ${2:+"$2"} || status=$?
[ ! -s "$home/../avahi.pid" ] || { kill "$(cat "$home/../avahi.pid")" || true; rm -f "$home/../avahi.pid"; }
exit $status
