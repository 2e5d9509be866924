# shellcheck shell=dash
# uci.sh: writes the configuration of pillarbox out of UCI. Sourced by the init script, behind
# config_load pillarbox.
#
#   uci_to_toml        prints the TOML file; $uci_to_toml_as is the default of service.user

# One row a key: section, option, kind. The keys of section main stand in no table.
uci_keys='
main hostname text
main domains texts
main state text
main allow texts
main mdns text
pop3 listen texts
pop3 listen_tls texts
pop3 plaintext_auth text
pop3 lock text
pop3 login_delay text
smtp listen texts
smtp listen_tls texts
smtp listen_lmtp texts
smtp plaintext_auth text
smtp require_auth text
smtp own_address boolean
smtp max_message text
web listen texts
web listen_tls texts
web names texts
web admins texts
tls cert text
tls key text
tls names texts
tls kernel text
spool capacity text
spool slot text
spool volatile boolean
retention keep_days number
retention keep_days_after_fetch number
retention bin_days number
retention mailbox_share text
watchdog device text
watchdog timeout text
log level text
service memory text
service user text
service confine boolean
'

uci_to_toml() {
	local table section option kind user
	config_get user service user
	echo '# Written from /etc/config/pillarbox at each start; changes here are lost.'
	table=main
	while read -r section option kind; do
		[ -n "$section" ] || continue
		[ "$section" = "$table" ] || printf '\n[%s]\n' "$section"
		table=$section
		toml_line "$section" "$option" "$kind" "$option"
	done <<-ROWS
		$uci_keys
	ROWS
	# The last table is "service".
	[ -n "$user" ] || [ -z "$uci_to_toml_as" ] || printf 'user = "%s"\n' "$uci_to_toml_as"
	printf '\n[aliases]\n'
	config_foreach toml_alias alias
	config_foreach toml_account account
}

# toml_line SECTION OPTION KIND KEY: one line, or none where the option is not written.
toml_line() {
	local value
	config_get value "$1" "$2"
	[ -n "$value" ] || return 0
	case $3 in
	texts)
		printf '%s = [' "$4"
		[ "$value" = none ] || config_list_foreach "$1" "$2" toml_listed
		echo ']'
		;;
	boolean)
		case $value in
		1 | on | true | yes | enabled) printf '%s = true\n' "$4" ;;
		0 | off | false | no | disabled) printf '%s = false\n' "$4" ;;
		*) printf '%s = %s\n' "$4" "$(toml_text "$value")" ;; # whose refusal says what is expected
		esac
		;;
	number)
		case $value in
		*[!0-9]*) value=$(toml_text "$value") ;;
		esac
		printf '%s = %s\n' "$4" "$value"
		;;
	*) printf '%s = %s\n' "$4" "$(toml_text "$value")" ;;
	esac
}

toml_listed() { printf '%s, ' "$(toml_text "$1")"; }

# toml_text VALUE: a basic string of TOML.
toml_text() {
	printf '"%s"' "$(printf '%s' "$1" | tr '\n\r\t' '   ' | sed 's/[\\"]/\\&/g')"
}

toml_alias() {
	local name
	config_get name "$1" name
	[ -n "$name" ] && toml_line "$1" mailbox texts "$(toml_text "$name")"
}

toml_account() {
	local name
	config_get name "$1" name
	[ -n "$name" ] || return 0
	printf '\n[retention.accounts.%s]\n' "$(toml_text "$name")"
	toml_line "$1" keep_days number keep_days
	toml_line "$1" keep_days_after_fetch number keep_days_after_fetch
	toml_line "$1" bin_days number bin_days
	toml_line "$1" mailbox_share text mailbox_share
	toml_line "$1" quota text quota
}
