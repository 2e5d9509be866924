#!/bin/sh
# openwrt.sh IPK FOLDER [EMULATOR]: what can be tried of the OpenWrt package without OpenWrt: its
# form, what its init script makes of UCI, and mail into and out of the server that has that
# configuration. FOLDER is scratch, EMULATOR runs programs of another processor. Needs root and
# iproute2.
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
installed=$(find "$folder/root" -type f -exec cat {} + | wc -c)
grep -qx "Installed-Size: $installed" "$folder/control/control" || broken "opkg would take its $installed octets for less, and begin where there is no room"
for file in accounts certs first-login ports secret; do
	grep -qx "/srv/pillarbox/$file" "$folder/root/lib/upgrade/keep.d/pillarbox" || broken "a firmware upgrade would lose $file"
done

if [ -n "$emulator" ]; then
	mv "$folder/root/usr/bin/pillarbox" "$folder/pillarbox"
	printf '#!/bin/sh\nexec %s %s "$@"\n' "$emulator" "$folder/pillarbox" >"$folder/root/usr/bin/pillarbox"
	chmod +x "$folder/root/usr/bin/pillarbox"
fi

ujail=/bin/sh # a program that is there
# started CONFIGURATION: what procd is told by start; the file is $folder/run/pillarbox.toml.
started() {
	printf '%s\n' "$1" >"$folder/config/pillarbox"
	sed -e '1d' -e '/^\(PROG\|ETC\|FOLDER\|RUN\|UJAIL\)=/d' "$folder/root/etc/init.d/pillarbox" >"$folder/init"
	# shellcheck disable=SC2016 # for the inner shell
	UCI_FOLDER=$folder/config PROG=$folder/root/usr/bin/pillarbox ETC=$folder/etc FOLDER=$folder/run RUN=$folder/run/sockets UJAIL=$ujail IPKG_INSTROOT=$folder/root \
		dash -c '. "$1/uci.sh"; . "$2/init"; start' openwrt "$here" "$folder" 2>&1
}
told() { echo "$said" | grep -qxF "$1" || broken "procd was not told: $1; but: $said"; }
untold() { ! echo "$said" | grep -qxF "$1" || broken "procd was told: $1"; }
has() { grep -qxF "$1" "$folder/run/pillarbox.toml" || broken "the file has no line $1: $(cat "$folder/run/pillarbox.toml")"; }

said=$(started "$(sed "s#/srv/pillarbox#$folder/state#" "$folder/root/etc/config/pillarbox")")
told "set_param command $folder/root/usr/bin/pillarbox serve -config $folder/etc/pillarbox.toml"
told "set_param env STATE_DIRECTORY=$folder/state PILLARBOX_LOG=syslog"
told 'set_param user pillarbox'
told 'set_param limits data=268435456 268435456 nproc=640 640'
told 'set_param capabilities /etc/capabilities/pillarbox.json'
told 'add_jail pillarbox log procfs sysfs'
told "add_jail_mount_rw $folder/state $folder/run/sockets"
for service in 'pop3 tcp 110' 'pop3s tcp 995' 'smtp tcp 25' 'submission tcp 587' 'submissions tcp 465' 'http tcp 1080' 'https tcp 1443'; do
	told "add_mdns_service $service"
done
[ "$(readlink "$folder/etc/pillarbox.toml")" = "$folder/run/pillarbox.toml" ] || broken "the commands would not find the file"
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
	python3 "$4" "$3" page
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
	list listen '127.0.0.1:2587'
config watchdog 'watchdog'
	option device 'procd'
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
told 'add_mdns_service pop3s tcp 1995'
untold 'add_mdns_service pop3 tcp 110'
untold 'add_mdns_service submission tcp 2587' # of this machine alone
has 'allow = ["private", "100.64.0.0/10", ]'
told 'add_jail pillarbox log ubus procfs sysfs'
has 'listen = []'
has 'own_address = true'
has 'bin_days = 14'
has '"jörg" = ["anna", ]'
has '"*" = ["anna", "berta", ]'
has '[retention.accounts."anna"]'

# What is refused leaves the file and the instance of before.
cp "$folder/run/pillarbox.toml" "$folder/good.toml"
said=$(started "config smtp 'smtp'
	option max_message 'a lot'") && broken "a bad value was started without an error"
echo "$said" | grep -q 'not used: smtp.max_message: "a lot" is not a size' || broken "it does not say what is wrong: $said"
! echo "$said" | grep -q new.toml || broken "it names a file that nobody edits: $said"
cmp -s "$folder/run/pillarbox.toml" "$folder/good.toml" || broken "nonsense has replaced the file that works"
told 'add_mdns_service pop3s tcp 1995'
rm -r "$folder/run"
said=$(started "config smtp 'smtp'
	option max_message 'a lot'") && broken "nonsense was started after a boot"
untold 'open_instance '
told 'add_reload_trigger pillarbox' # so that a repair starts it

# A certificate on a disk that is gone: the file of before names its directory.
mkdir -p "$folder/disk/tls"
cp "$folder/state/certs/box.crt" "$folder/state/certs/box.key" "$folder/disk/tls"
said=$(started "config main 'main'
	option state '$folder/state'
config tls 'tls'
	option cert '$folder/disk/tls/box.crt'
	option key '$folder/disk/tls/box.key'")
told "add_jail_mount $folder/disk/tls $folder/disk/tls"
rm -r "$folder/disk"
said=$(started "config main 'main'
	option state '$folder/state'
config tls 'tls'
	option cert '$folder/disk/tls/box.crt'
	option key '$folder/disk/tls/box.key'") && broken "a certificate that is gone is used"
! echo "$said" | grep -q '^add_jail_mount.* \.$' || broken "the jail gets the root of the router: $said"

ujail=$folder/none
said=$(started "config main 'main'
	option state '$folder/state'
config service 'service'
	option user 'nobody'") # this machine has no user pillarbox
has 'user = "nobody"'
untold 'set_param user pillarbox'
echo "$said" | grep -q 'procd-ujail is not installed' || broken "it does not say that ujail is missing: $said"
ujail=/bin/sh
said=$(started "config main 'main'
	option enabled '0'")
untold 'open_instance '
told 'add_reload_trigger pillarbox' # so that "Save & Apply" can switch it on
echo "openwrt: ${arch%.ipk}: PASS"
