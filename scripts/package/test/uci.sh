# shellcheck shell=dash
# uci.sh: stands in for what OpenWrt brings, so that the init script can be read on any machine: a
# reader of UCI files, rc.common, and a procd that prints what it is called with. Sourced;
# $UCI_FOLDER is /etc/config.

config_load() {
	eval "$(set | sed -n 's/^\(uci_[A-Za-z0-9_]*\)=.*/case \1 in uci_to_*|uci_keys|uci_length) ;; *) unset \1 ;; esac/p')"
	local word first rest
	uci_sections='' uci_section=''
	# shellcheck disable=SC2094
	while read -r word first rest; do
		uci_unquote first "$first"
		uci_unquote rest "$rest"
		case $word in
		config)
			uci_section=${rest:-cfg$(echo "$uci_sections" | wc -w)}
			uci_sections="$uci_sections $uci_section"
			uci_set "$uci_section" TYPE "$first"
			;;
		option) uci_set "$uci_section" "$first" "$rest" ;;
		list)
			config_get uci_length "$uci_section" "${first}_LENGTH" 0
			uci_length=$((uci_length + 1))
			uci_set "$uci_section" "${first}_LENGTH" $uci_length
			uci_set "$uci_section" "${first}_ITEM$uci_length" "$rest"
			uci_set "$uci_section" "$first" "$rest"
			;;
		esac
	done <"$UCI_FOLDER/$1"
}
uci_unquote() {
	case $2 in
	"'"*"'")
		set -- "$1" "${2#"'"}"
		set -- "$1" "${2%"'"}"
		;;
	esac
	eval "$1=\$2"
}
uci_set() { eval "uci_${1}_$2=\$3"; }

config_get() { eval "$1=\${uci_${2}_$3:-\${4:-}}"; }
config_get_bool() {
	config_get "$@"
	eval "case \$$1 in 1 | on | true | yes | enabled) $1=1 ;; *) $1=0 ;; esac"
}
config_foreach() {
	local section kind
	for section in $uci_sections; do
		config_get kind "$section" TYPE
		[ "$kind" != "$2" ] || "$1" "$section"
	done
}
config_list_foreach() {
	local length count=1 value
	config_get length "$1" "$2_LENGTH" 0
	while [ "$count" -le "$length" ]; do
		config_get value "$1" "$2_ITEM$count"
		"$3" "$value"
		count=$((count + 1))
	done
}

for told in open_service sent open_instance set_param add_jail add_jail_mount add_jail_mount_rw add_mdns_service close_instance \
	add_reload_trigger add_restart_mount_trigger send_signal kill; do
	eval "procd_$told() { echo \"$told \$*\"; }"
done
procd_close_service() {
	service_triggers
	procd_sent "$@"
}
procd_get_mountpoints() { :; }
procd_open_data() { :; }
procd_close_data() { :; }
json_add_object() { :; }
json_close_object() { :; }
# A file that exists while the instance runs.
procd_running() { [ -e "${UCI_RUNNING:-/nonexistent}" ]; }
logger() { echo "logger $*"; }
[ -n "${UCI_CHOWN:-}" ] || chown() { :; }

# As rc.common has them.
start() {
	procd_open_service pillarbox
	start_service
	procd_close_service set
	service_started
}
stop() { procd_kill pillarbox; }
restart() {
	stop
	start
}
reload() { reload_service; }
