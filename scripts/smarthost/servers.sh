# shellcheck shell=sh
# servers.sh: sourced by scripts/smarthost.sh, which has $dir, $tls and $plain. NAME_start starts an
# unpacked server of Debian in the background, in a mount namespace of its own, and sets $pid, unless
# the packages cannot be downloaded. Each server has the account anna, with the password "a secret".
# It answers 5xx for the recipient nobody, 4xx for later, delays its replies for slow, and refuses a
# message with the subject refuse. OpenSMTPD does not, because its filters receive no content. Exim
# and Postfix have Dovecot check tokens if $oauth is a directory of scripts/oauth/servers.sh.

# shellcheck disable=SC2034 # pid is for who sources this
: "${dir:=}" "${tls:=}" "${plain:=}" "${pid:=}" "${oauth:=}"

# unpack PACKAGE: below $dir/PACKAGE, with those libraries that are not installed. $libraries is where
# they are.
unpack() {
	mkdir "$dir/$1"
	missing=$(apt-cache depends "$1" | sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\)$/\1/p' | while read -r library; do
		dpkg-query -W "$library" >/dev/null 2>&1 || echo "$library"
	done)
	# shellcheck disable=SC2086 # one package a word
	(cd "$dir/$1" && apt-get -qq -o APT::Sandbox::User=root download "$1" $missing &&
		for package in *.deb; do dpkg-deb -x "$package" . && rm "$package"; done)
	libraries=$(find "$dir/$1" -name 'lib*.so.*' -exec dirname {} + | sort -u | paste -s -d :)
}

# logins SOCKET: the configuration of a Dovecot that checks logins and nothing else, $dir/auth/conf.
logins() {
	mkdir "$dir/auth"
	echo 'anna:{PLAIN}a secret' >"$dir/auth/users"
	cat >"$dir/auth/conf" <<END
base_dir = $dir/auth/run
state_dir = $dir/auth/state
log_path = $dir/auth/log
protocols =
ssl = no
auth_mechanisms = plain login ${oauth:+xoauth2 oauthbearer}
auth_verbose = yes
service auth {
  unix_listener $1 {
    mode = 0666
  }
}
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u $dir/auth/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}
END
	[ -z "$oauth" ] || cat >>"$dir/auth/conf" <<END
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $oauth/oauth2.conf
}
END
}

# users NAME...: adds users to the /etc/passwd and /etc/group of $inside.
users() {
	cp /etc/passwd /etc/group "$dir"
	number=4711
	for user; do
		if ! grep -q "^$user:" /etc/passwd; then
			echo "$user:x:$number:$number::/:/bin/false" >>"$dir/passwd"
			echo "$user:x:$number:" >>"$dir/group"
		fi
		number=$((number + 1))
	done
}

# inside SCRIPT: runs a script where the users exist; $0 in it is $dir. All of it
# runs in a process namespace below $pid.
inside() {
	# shellcheck disable=SC2016 # $0 is of the inner shell
	unshare -m -p -f --mount-proc sh -c 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && '"$1" "$dir" >"$dir/output" 2>&1 &
	pid=$!
}

# exim_start: its own logins, and for tokens those of Dovecot.
exim_start() {
	unpack exim4-daemon-heavy
	users Debian-exim
	logins "$dir/auth/socket"
	mkdir "$dir/spool" "$dir/log"
	chown -R 4711:4711 "$dir/spool" "$dir/log" "$dir/key.pem" "$dir/cert.pem"
	cat >"$dir/exim.conf" <<END
primary_hostname = smtp.example.org
local_interfaces = 127.0.0.1
daemon_smtp_ports = $tls : $plain
tls_on_connect_ports = $tls
tls_advertise_hosts = *
tls_certificate = $dir/cert.pem
tls_privatekey = $dir/key.pem
spool_directory = $dir/spool
log_file_path = $dir/log/%slog
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
message_size_limit = 2M
queue_only
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny !authenticated = *
  deny local_parts = nobody
  defer local_parts = later
  accept local_parts = slow
    delay = 4s
  accept
data:
  deny condition = \${if match{\$h_subject:}{refuse}}
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{anna}}{eq{\$auth3}{a secret}}}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{\$auth1}{anna}}{eq{\$auth2}{a secret}}}}
END
	for mechanism in ${oauth:+XOAUTH2 OAUTHBEARER}; do
		cat >>"$dir/exim.conf" <<END
$mechanism:
  driver = dovecot
  public_name = $mechanism
  server_socket = $dir/auth/socket
  server_set_id = \$auth1
END
	done
	inside 'dovecot -c "$0/auth/conf" && exec env LD_LIBRARY_PATH='"'$libraries'"' "$0/exim4-daemon-heavy/usr/sbin/exim4" -C "$0/exim.conf" -bdf'
}

# postfix_start: the logins are those of Dovecot, as most have it.
postfix_start() {
	unpack postfix
	users postfix postdrop
	at=$dir/postfix queue=$dir/postfix/queue
	for folder in active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace; do
		mkdir -p "$queue/$folder"
		chown "$(sed -n 's/^postfix:x:\([0-9]*\):.*/\1/p' "$dir/passwd")" "$queue/$folder"
	done
	mkdir "$at/conf" "$at/data"
	chown root "$queue/pid"
	chown "$(sed -n 's/^postfix:x:\([0-9]*\):.*/\1/p' "$dir/passwd")" "$at/data"
	logins "$queue/private/auth"
	printf '%s\n' '/^nobody@/ REJECT no such user' '/^later@/ DEFER try again later' '/^slow@/ slow' >"$at/conf/recipients"
	echo '/^Subject: refuse/ REJECT not this' >"$at/conf/headers"
	cat >"$at/conf/main.cf" <<END
compatibility_level = 3.6
queue_directory = $queue
command_directory = $at/usr/sbin
daemon_directory = $at/usr/lib/postfix/sbin
shlib_directory = $at/usr/lib/postfix
data_directory = $at/data
import_environment = MAIL_CONFIG LD_LIBRARY_PATH
maillog_file = /dev/stdout
myhostname = smtp.example.org
mydestination =
inet_protocols = ipv4
default_transport = discard:
alias_maps =
smtpd_hard_error_limit = 100
smtpd_error_sleep_time = 0
smtpd_tls_cert_file = $dir/cert.pem
smtpd_tls_key_file = $dir/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_restriction_classes = slow
slow = sleep 4, permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access regexp:$at/conf/recipients, permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
header_checks = regexp:$at/conf/headers
message_size_limit = 2000000
smtputf8_enable = yes
END
	cat >"$at/conf/master.cf" <<END
127.0.0.1:$plain inet n - n - - smtpd
127.0.0.1:$tls inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
END
	# shellcheck disable=SC2016
	inside 'dovecot -c "$0/auth/conf" && exec env MAIL_CONFIG="$0/postfix/conf" LD_LIBRARY_PATH="$0/postfix/usr/lib/postfix" \
		"$0/postfix/usr/lib/postfix/sbin/master" -c "$0/postfix/conf" -s'
}

# opensmtpd_start: of Debian 13, because that of Debian 12 cannot do TLS with its OpenSSL (OpenSMTPD
# issue 1171). It runs with the libraries of its suite, in a root of its own.
opensmtpd_start() {
	SUITE=trixie scripts/debian.sh "$dir/opensmtpd" "$(dpkg --print-architecture)" opensmtpd libc6 libcrypt1 libdb5.3t64 \
		libevent-2.1-7t64 libpam0g libaudit1 libcap-ng0 libssl3t64 libzstd1 zlib1g || return 0
	root=$dir/opensmtpd/root
	for folder in bin sbin lib lib64; do
		[ -e "$root/$folder" ] || ln -s "usr/$folder" "$root/$folder"
	done
	mkdir -p "$root/dev" "$root/proc" "$root/run" "$root/tmp" "$root/var/spool/smtpd" "$root/var/lib/opensmtpd/empty"
	ln -s ../run "$root/var/run"
	chmod 711 "$root/var/spool/smtpd"
	chmod 1777 "$root/tmp"
	cp /dev/null "$root/dev/urandom" # something to bind to
	cp /dev/null "$root/dev/null"
	users opensmtpd opensmtpq
	cp "$dir/passwd" "$dir/group" "$root/etc"
	cp "$dir/key.pem" "$dir/cert.pem" "$root/etc"
	mkdir -p "$root/etc/ssl/certs"
	cp "$dir/cert.pem" "$root/etc/ssl/certs/ca-certificates.crt" # it wants one
	cat >"$root/etc/smtpd.conf" <<END
pki mine cert "/etc/cert.pem"
pki mine key "/etc/key.pem"
table logins { "anna" = "$(printf 'a secret' | openssl passwd -6 -stdin)" }
filter refused phase rcpt-to match rcpt-to regex { "^<?nobody@" } reject "550 5.1.1 no such user"
filter deferred phase rcpt-to match rcpt-to regex { "^<?later@" } reject "450 4.2.0 try again later"
filter both chain { refused, deferred }
smtp max-message-size 2M
listen on 127.0.0.1 port $tls smtps pki mine auth <logins> filter both
listen on 127.0.0.1 port $plain tls-require pki mine auth <logins> filter both
action nowhere relay host "smtp://127.0.0.1:9"
match auth from any for any action nowhere
END
	# shellcheck disable=SC2016
	inside 'for device in null urandom; do mount --bind "/dev/$device" "$0/opensmtpd/root/dev/$device"; done &&
		mount -t proc proc "$0/opensmtpd/root/proc" &&
		exec chroot "$0/opensmtpd/root" /usr/sbin/smtpd -d -f /etc/smtpd.conf'
}
