# shellcheck shell=dash
# uci.sh: stands in for what OpenWrt brings, so that the init script can be read on any machine: a reader of UCI files, and a
# procd that prints what it is told. Sourced; $UCI_FOLDER is /etc/config.

config_load() {
	local word first rest
	uci_sections='' uci_section=''
	# shellcheck disable=SC2094
	while read -r word first rest; do
		first=$(uci_unquoted "$first")
		rest=$(uci_unquoted "$rest")
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
uci_unquoted() { printf "%s" "$1" | sed "s/^'\(.*\)'\$/\1/"; }
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

for told in open_instance set_param add_jail add_jail_mount add_jail_mount_rw add_mdns close_instance \
	add_reload_trigger add_restart_mount_trigger send_signal; do
	eval "procd_$told() { echo \"$told \$*\"; }"
done
procd_get_mountpoints() { :; }
logger() { echo "logger $*"; }
chown() { :; }
