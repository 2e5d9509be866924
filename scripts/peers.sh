#!/bin/sh
# peers.sh: the mail servers that pillarbench compares with, each with its own configuration and ports,
# all its files in a folder of the caller's, and no service of the machine touched.
#
#   peers.sh install             installs them from Debian's packages; nothing is started
#   peers.sh start NAME FOLDER   starts one: dovecot-mdbox, dovecot-sdbox, dovecot-maildir, postfix
#                                prints "smtp ADDRESS" or "lmtp ADDRESS", "pop3 ADDRESS" if it has one, "pid N",
#                                "began NANOSECONDS"
#   peers.sh settle FOLDER       returns when no mail waits in a queue
#   peers.sh forget FOLDER       removes what the stopped peer can make again from the mail
#   peers.sh stop FOLDER
#
# LOG names the log, which lies off the measured device (default: FOLDER/log). Any account of home.arpa
# exists, with any password. PREFIX is where packages are unpacked that will not be installed side by side
# (default: /opt/pillarbench). Needs root.
set -eu
: "${PREFIX=/opt/pillarbench}"
configurations=$(cd "$(dirname "$0")" && pwd)/peers

install_packages() {
	policy=/usr/sbin/policy-rc.d # Debian's switch for "start no service now"
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
		trap 'rm -f "$policy"' EXIT
	fi
	export DEBIAN_FRONTEND=noninteractive
	echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
	apt-get -qq -o DPkg::Lock::Timeout=300 update
	apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
		dovecot-core dovecot-lmtpd postfix e2fsprogs xfsprogs f2fs-tools util-linux >/dev/null
	mkdir -p "$PREFIX"
	cd "$PREFIX"
	rm -f ./*.deb
	apt-get -qq download dovecot-pop3d # which Debian lets nobody install beside another POP3 server
	for package in ./*.deb; do dpkg-deb -x "$package" . && rm "$package"; done
}

free_ports() {
	python3 -c 'import socket
ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(port.getsockname()[1] for port in ports))'
}

# configure FILE... fills in the configurations of this tree, once in the life of a folder.
configure() {
	mkdir -p "$folder/conf" "$folder/mail"
	chown nobody "$folder/mail"
	for file; do
		sed -e "s,@FOLDER@,$folder,g" -e "s,@LOG@,$log,g" -e "s,@PREFIX@,$PREFIX,g" -e "s,@FORMAT@,${name#*-},g" \
			-e "s,@INTAKE@,$intake,g" -e "s,@POP3@,$pop3,g" "$configurations/$file" >"$folder/conf/$file"
	done
}

start() {
	# shellcheck disable=SC2046 # two words
	set -- $(free_ports)
	intake=$1 pop3=$2
	case $name in
	dovecot-mdbox | dovecot-sdbox | dovecot-maildir)
		configure dovecot.conf
		date '+began %s%N'
		dovecot -c "$folder/conf/dovecot.conf" >&2
		printf 'lmtp 127.0.0.1:%s\npop3 127.0.0.1:%s\npid %s\n' "$intake" "$pop3" "$(first_process)"
		;;
	postfix)
		configure main.cf master.cf mailboxes
		mkdir -p "$folder/queue" "$folder/lib"
		chown postfix "$folder/lib"
		date '+began %s%N'
		postfix -c "$folder/conf" start >&2
		printf 'smtp 127.0.0.1:%s\npid %s\n' "$intake" "$(first_process)"
		;;
	*)
		echo "peers.sh: no peer is called $name" >&2
		return 2
		;;
	esac
}

# pid prints the number of the process that ends the others, or fails.
pid() { cat "$folder/run/master.pid" "$folder/queue/pid/master.pid" 2>/dev/null | grep -o '[0-9]*'; }

# first_process prints it when it is known, which is a moment after the start.
first_process() {
	for _ in $(seq 100); do
		pid && return
		sleep 0.05
	done
	return 1
}

stop() {
	pid=$(pid)
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
	rm -f "$folder/queue/pid/master.pid" # Postfix leaves it, for the number to be given to a stranger
}

settle() {
	cd "$folder"
	while [ -d queue ] && [ -n "$(find queue/maildrop queue/incoming queue/active queue/deferred -type f)" ]; do sleep 0.05; done
}

forget() { rm -f "$folder"/mail/*/dovecot.index*; } # a Maildir's; dbox cannot lose its own

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

case $# in
1) [ "$1" = install ] || usage && install_packages ;;
2) case $1 in settle | forget | stop) folder=$2 && $1 ;; *) usage ;; esac ;;
3) [ "$1" = start ] || usage && name=$2 folder=$3 log=${LOG:-$3/log} && start ;;
*) usage ;;
esac
