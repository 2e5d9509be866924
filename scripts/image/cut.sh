# shellcheck shell=dash
# cut.sh: sourced before pillarbox-update, cuts the power at one of its writes to the card:
#
#   CUT=N        at the Nth write; 0 never
#   HALF=1       when half of it is written, instead of before it
#   POWER=kill   the cut is the end of the process
#   POWER=fail   there is no cut: the write fails, and those after it
#   POWER=wait   the process says so on the console and waits for the plug to be pulled
#
# In busybox's shell a function comes before a program of the same name.
writes=0

dd() {
	case " $* " in
	*" of=/dev/"*) ;;
	*)
		command dd "$@"
		return
		;;
	esac
	writes=$((writes + 1))
	if [ "$POWER" = fail ] && [ "$CUT" -gt 0 ] && [ "$writes" -ge "$CUT" ]; then
		return 1
	fi
	if [ "$writes" -ne "$CUT" ]; then
		command dd "$@"
		return
	fi
	[ -z "$HALF" ] || half "$@"
	if [ "$POWER" = wait ]; then
		echo "power cut at write $writes" >/dev/console
		while :; do command sleep 60; done
	fi
	kill -KILL $$
}

# half ARGUMENT...: half of the blocks of a slot, or half of a copy of the state.
half() {
	case " $* " in
	*" bs=4096 "*)
		count=$(echo "$*" | sed 's/.* count=\([0-9]*\).*/\1/')
		command dd "$@" count=$((count / 2))
		;;
	*) half_a_copy ;;
	esac
}

# half_a_copy: its first 16 octets. The words end long before the middle of a copy, so half of its
# length would be all of it. The variables are those of pillarbox-update.
half_a_copy() {
	# shellcheck disable=SC2154
	command dd if="$tmp/copy" of="$state" bs=16 count=1 seek=$((next * 262144)) conv=notrunc,fsync 2>/dev/null
}
