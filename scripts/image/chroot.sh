# shellcheck shell=dash
# chroot.sh: sourced before pillarbox-update where there is no board: a clock, and a restart that is
# only noted.
seconds=0

sleep() {
	seconds=$((seconds + 10))
	echo "$seconds.00 0.00" >/proc/uptime
}

reboot() { echo reboot >/run/reboot; }
