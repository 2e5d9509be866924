#!/bin/sh
# openwrt.sh IPK FOLDER [EMULATOR]: what can be tried of the OpenWrt package without OpenWrt: its form, what its init script makes of UCI, and mail
# into and out of the box that has that configuration. FOLDER is scratch, EMULATOR runs programs of another processor.
# Needs root and iproute2.
set -eu
ipk=$1 folder=$2 emulator=${3:-} arch=${1##*-1_} here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder/control" "$folder/root" "$folder/config"
broken() { echo "openwrt: $*" >&2 && exit 1; }

tar -xzf "$ipk" -C "$folder"
tar -xzf "$folder/control.tar.gz" -C "$folder/control"
tar -xzf "$folder/data.tar.gz" -C "$folder/root"
for line in 'Package: pillarbox' 'Require-User: pillarbox=1110:pillarbox=1110' "Architecture: ${arch%.ipk}"; do
	grep -qx "$line" "$folder/control/control" || broken "its control file has no line $line"
done
grep -qx /etc/config/pillarbox "$folder/control/conffiles" || broken "its configuration would be lost in an upgrade"
for program in etc/init.d/pillarbox usr/bin/pillarbox; do
	[ -x "$folder/root/$program" ] || broken "$program is no program"
done
[ "$(readlink "$folder/root/etc/pillarbox/pillarbox.toml")" = /var/etc/pillarbox/pillarbox.toml ] || broken "the commands would not find the file"

if [ -n "$emulator" ]; then
	mv "$folder/root/usr/bin/pillarbox" "$folder/pillarbox"
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$emulator" "$folder/pillarbox" >"$folder/root/usr/bin/pillarbox"
	chmod +x "$folder/root/usr/bin/pillarbox"
fi

# started CONFIGURATION: what procd is told by start; the file is $folder/run/pillarbox.toml.
started() {
	printf '%s\n' "$1" >"$folder/config/pillarbox"
	sed -e '1d' -e '/^\(PROG\|FOLDER\|RUN\)=/d' "$folder/root/etc/init.d/pillarbox" >"$folder/init"
	# shellcheck disable=SC2016 # for the inner shell
	UCI_FOLDER=$folder/config PROG=$folder/root/usr/bin/pillarbox FOLDER=$folder/run RUN=$folder/run/sockets IPKG_INSTROOT=$folder/root \
		dash -c '. "$1/uci.sh"; . "$2/init"; start_service' openwrt "$here" "$folder" 2>&1
}
told() { echo "$said" | grep -qxF "$1" || broken "procd was not told: $1; but: $said"; }
has() { grep -qxF "$1" "$folder/run/pillarbox.toml" || broken "the file has no line $1: $(cat "$folder/run/pillarbox.toml")"; }

said=$(started "$(sed "s#/srv/pillarbox#$folder/state#" "$folder/root/etc/config/pillarbox")")
told "set_param command $folder/root/usr/bin/pillarbox serve -config /etc/pillarbox/pillarbox.toml"
told 'set_param user pillarbox'
told 'set_param capabilities /etc/capabilities/pillarbox.json'
told 'add_jail pillarbox log procfs sysfs'
told "add_jail_mount_rw $folder/state $folder/run/sockets"
told 'add_mdns pop3s tcp 995'
has "state = \"$folder/state\""
has 'max_message = "20MiB"'
"$folder/root/usr/bin/pillarbox" check-config -config "$folder/run/pillarbox.toml" >/dev/null || broken "the box does not take the file"
# shellcheck disable=SC2016 # for the inner shell
unshare --net --pid --fork --mount-proc sh -euc '
	ip link set lo up
	"$1" serve -config "$2" >"$3/log" 2>&1 &
	for _ in $(seq 1500); do
		[ ! -s "$3/ports" ] || break
		sleep 0.2
	done
	python3 "$4" "$3" send one
	python3 "$4" "$3" count 1
' openwrt "$folder/root/usr/bin/pillarbox" "$folder/run/pillarbox.toml" "$folder/state" "$here/mail.py" ||
	broken "no mail in and out: $(cat "$folder/state/log")"

said=$(started "config main 'main'
	option state '$folder/state'
	list allow 'private'
	list allow '100.64.0.0/10'
config pop3 'pop3'
	list listen 'none'
	list listen_tls ':1995'
config smtp 'smtp'
	option own_address 'yes'
config retention 'retention'
	option bin_days '14'
config alias
	option name 'jörg'
	list mailbox 'anna'
config alias
	option name '*'
	list mailbox 'anna'
	list mailbox 'berta'
config account
	option name 'anna'
	option quota '20MiB'")
told 'add_mdns pop3s tcp 1995'
has 'allow = ["private", "100.64.0.0/10", ]'
has 'listen = []'
has 'own_address = true'
has 'bin_days = 14'
has '"jörg" = ["anna", ]'
has '"*" = ["anna", "berta", ]'
has '[retention.accounts."anna"]'

cp "$folder/run/pillarbox.toml" "$folder/good.toml"
said=$(started "config smtp 'smtp'
	option max_message 'a lot'") && broken "nonsense was started"
echo "$said" | grep -q max_message || broken "nobody is told what is wrong: $said"
cmp -s "$folder/run/pillarbox.toml" "$folder/good.toml" || broken "nonsense has replaced the file that works"
said=$(started "config main 'main'
	option enabled '0'")
[ -z "$said" ] || broken "it is switched off and starts: $said"
echo "openwrt: ${arch%.ipk}: PASS"
