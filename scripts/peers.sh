#!/bin/sh
# peers.sh: the mail servers that pillarbench compares with, each with its own configuration and
# ports, all its files in a folder of the caller's, and no service of the machine touched.
#
#   peers.sh install             installs them from Debian's packages, Mailpit from its Go module;
#                                nothing is started
#   peers.sh start NAME FOLDER   starts one: dovecot-mdbox, dovecot-sdbox, dovecot-maildir, postfix,
#                                popa3d, mailpit; dovecot-provider, from which mail is fetched; or
#                                postfix-queue, which sends all to $SMARTHOST;
#                                prints "smtp ADDRESS" or "lmtp ADDRESS", "pop3 ADDRESS" and
#                                "pop3s ADDRESS", "smtps ADDRESS" and "imaps ADDRESS" if it has them, "maildir FOLDER" or "mbox FOLDER"
#                                where mailboxes can be written, "pid N",
#                                "began NANOSECONDS"; exit code 3: it is not installed
#   peers.sh settle FOLDER       returns when no mail waits in a queue
#   peers.sh forget FOLDER       removes what the stopped peer can make again from the mail
#   peers.sh stop FOLDER
#
# LOG names the log, which lies off the measured device (default: FOLDER/log). Any account of
# home.arpa exists, with any password; popa3d has bench0 to bench15 with that of pillarbench. PREFIX
# is where packages are unpacked that will not be installed side by side (default:
# /opt/pillarbench). Needs root.
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
		dovecot-core dovecot-lmtpd fetchmail getmail6 postfix libsasl2-modules socat openssl e2fsprogs xfsprogs f2fs-tools util-linux >/dev/null
	mkdir -p "$PREFIX"
	cd "$PREFIX"
	rm -f ./*.deb
	# Debian can install only one of them.
	apt-get -qq -o APT::Sandbox::User=root download dovecot-pop3d dovecot-imapd popa3d
	for package in ./*.deb; do dpkg-deb -x "$package" . && rm "$package"; done
	GOBIN=$PREFIX/bin go install github.com/axllent/mailpit@v1.27.11 || echo "peers.sh: no Mailpit" >&2
}

# configure FILE... fills in the configurations of this tree, once in the life of a folder.
configure() {
	mkdir -p "$folder/conf" "$folder/mail"
	chown nobody "$folder/mail"
	for file; do
		sed -e "s,@FOLDER@,$folder,g" -e "s,@LOG@,$log,g" -e "s,@PREFIX@,$PREFIX,g" -e "s,@FORMAT@,${name#*-},g" \
			-e "s,@SMARTHOST@,${smarthost:-},g" -e "s,@INTAKE@,$intake,g" -e "s,@POP3@,$pop3,g" -e "s,@POP3S@,$third,g" "$configurations/$file" >"$folder/conf/$file"
	done
}

# installed FILE says that it is there, or ends with the exit code for "not installed".
installed() {
	[ -x "$1" ] && return
	echo "peers.sh: $name is not installed: peers.sh install" >&2
	exit 3
}

make_certificate() {
	[ -e "$folder/conf/key.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-subj /CN=localhost -keyout "$folder/conf/key.pem" -out "$folder/conf/cert.pem" 2>/dev/null
}

start() {
	# shellcheck disable=SC2046 # three words
	set -- $("${configurations%/peers}/ports.py" 3)
	intake=$1 pop3=$2 third=$3
	case $name in
	dovecot-mdbox | dovecot-sdbox | dovecot-maildir | dovecot-provider)
		installed "$PREFIX/usr/lib/dovecot/pop3"
		configure dovecot.conf provider.conf
		make_certificate
		date '+began %s%N'
		if [ "$name" = dovecot-provider ]; then
			installed "$PREFIX/usr/lib/dovecot/imap"
			dovecot -c "$folder/conf/provider.conf" >&2
			printf 'imaps 127.0.0.1:%s\npop3s 127.0.0.1:%s\nmaildir %s\npid %s\n' "$intake" "$third" "$folder/mail" "$(first_process)"
			return
		fi
		dovecot -c "$folder/conf/dovecot.conf" >&2
		printf 'lmtp 127.0.0.1:%s\npop3 127.0.0.1:%s\npop3s 127.0.0.1:%s\npid %s\n' "$intake" "$pop3" "$third" "$(first_process)"
		[ "$name" != dovecot-maildir ] || echo "maildir $folder/mail"
		;;
	postfix)
		installed /usr/sbin/postfix
		configure main.cf master.cf mailboxes
		mkdir -p "$folder/queue" "$folder/lib"
		chown postfix "$folder/lib"
		date '+began %s%N'
		postfix -c "$folder/conf" start >&2
		printf 'smtp 127.0.0.1:%s\npid %s\n' "$intake" "$(first_process)"
		;;
	postfix-queue)
		installed /usr/sbin/postfix
		# shellcheck disable=SC2153 # two variables: an address, and what Postfix calls it
		smarthost="[${SMARTHOST%:*}]:${SMARTHOST##*:}"
		configure main-queue.cf master-queue.cf
		mv "$folder/conf/main-queue.cf" "$folder/conf/main.cf"
		mv "$folder/conf/master-queue.cf" "$folder/conf/master.cf"
		mkdir -p "$folder/queue" "$folder/lib"
		chown postfix "$folder/lib"
		make_certificate
		date '+began %s%N'
		postfix -c "$folder/conf" start >&2
		printf 'smtp 127.0.0.1:%s\nsmtps 127.0.0.1:%s\npid %s\n' "$intake" "$third" "$(first_process)"
		;;
	popa3d)
		installed "$PREFIX/usr/sbin/popa3d"
		mkdir -p "$folder/run"
		date '+began %s%N'
		unshare --mount "$0" inside popa3d "$folder" "$pop3" >>"$log" 2>&1 &
		# unshare, the shell and socat are the same process, one after the other.
		printf '%s\n' "$!" >"$folder/run/master.pid"
		printf 'mbox %s\npop3 127.0.0.1:%s\npid %s\n' "$folder/mail" "$pop3" "$!"
		until [ -e "$folder/run/ready" ]; do sleep 0.05; done
		;;
	mailpit)
		installed "$PREFIX/bin/mailpit"
		mkdir -p "$folder/run"
		for i in $(seq 0 15); do echo "bench$i:bench-bench-bench"; done >"$folder/passwords"
		date '+began %s%N'
		"$PREFIX/bin/mailpit" --disable-version-check --database "$folder/mailpit.db" --max 0 --listen "127.0.0.1:$third" \
			--smtp "127.0.0.1:$intake" --pop3 "127.0.0.1:$pop3" --pop3-auth-file "$folder/passwords" >>"$log" 2>&1 &
		printf '%s\n' "$!" >"$folder/run/master.pid"
		printf 'smtp 127.0.0.1:%s\npop3 127.0.0.1:%s\npid %s\n' "$intake" "$pop3" "$!"
		;;
	*)
		echo "peers.sh: no peer is called $name" >&2
		return 2
		;;
	esac
}

# inside_popa3d runs popa3d in a mount namespace of its own, for it knows the accounts and mailboxes
# of the machine alone.
inside_popa3d() {
	etc=$folder/etc password=bench-bench-bench
	mkdir -p "$etc" "$folder/lib/popa3d" "$folder/mail"
	cp -p /etc/passwd /etc/shadow "$etc"
	grep -q ^popa3d: "$etc/passwd" || echo 'popa3d:x:65532:65532::/nonexistent:/bin/false' >>"$etc/passwd"
	secret=$(openssl passwd -1 "$password")
	for i in $(seq 0 15); do
		echo "bench$i:x:$((65500 + i)):8::/nonexistent:/bin/sh" >>"$etc/passwd"
		echo "bench$i:$secret:20000::::::" >>"$etc/shadow"
		[ -e "$folder/mail/bench$i" ] || install -o "$((65500 + i))" -g 8 -m 660 /dev/null "$folder/mail/bench$i"
	done
	mount --bind "$etc/passwd" /etc/passwd
	mount --bind "$etc/shadow" /etc/shadow
	mount --bind "$folder/mail" /var/mail
	mount --bind "$folder/lib" /var/lib
	: >"$folder/run/ready"
	exec socat "TCP-LISTEN:$pop3,bind=127.0.0.1,fork,reuseaddr,backlog=64" "EXEC:$PREFIX/usr/sbin/popa3d,nofork"
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
	rm -f "$folder/run/ready"
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
4) [ "$1 $2" = "inside popa3d" ] || usage && folder=$3 pop3=$4 && inside_popa3d ;;
3) [ "$1" = start ] || usage && name=$2 folder=$3 log=${LOG:-$3/log} && start ;;
*) usage ;;
esac
