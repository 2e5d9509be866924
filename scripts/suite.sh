#!/bin/bash
# suite.sh NAME...: holds mail servers to the RFCs with "pillarbench suite", one after the other,
# and prints a table of verdicts for each. The names: pillarbox, dovecot (with Postfix in front),
# popa3d, mailpit; "install" installs the others.
#
# They come from Debian's packages, Mailpit from its Go module. Each runs in namespaces of its own
# (root), with its configuration and files in a folder that is removed at the end: ports, accounts
# and services of the machine are not touched, and everything it started ends with it. SUITE_FLAGS
# is passed on ("-slow"). NOTES names a file to append the counts to.
set -eu
cd "$(dirname "$0")/.."
mailpit=github.com/axllent/mailpit@v1.27.11
password='a secret of hers'
# Where peers.sh unpacks packages that Debian cannot install together.
export PREFIX="${PREFIX:-/opt/pillarbench}"

install_servers() {
	scripts/peers.sh install
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends socat openssl >/dev/null
}

# fill FILE... fills in configurations.
fill() {
	for file; do
		sed -e "s,@FOLDER@,$tmp,g" -e "s,@PREFIX@,$PREFIX,g" -e "s,@INTAKE@,25,g" "$file" >"$tmp/conf/${file##*/}"
	done
}

play_pillarbox() {
	cat >"$tmp/conf/pillarbox.toml" <<-TOML
		hostname = "mail.home.arpa"
		state = "$tmp/state"
		[smtp]
		listen_lmtp = ["127.0.0.1:24"]
		max_message = "4MiB"
		[spool]
		capacity = "64MiB"
		volatile = true
	TOML
	echo "$password" | "$stock/pillarbox" user add -config "$tmp/conf/pillarbox.toml" anna >/dev/null
	"$stock/pillarbox" serve -config "$tmp/conf/pillarbox.toml" 2>"$tmp/log" &
	suite "$("$stock/pillarbox" version)" -pop3s localhost:995 -smtp localhost:25 -smtps localhost:465 -lmtp localhost:24
}

play_dovecot() {
	fill scripts/suite/dovecot.conf scripts/suite/main.cf scripts/peers/master.cf
	printf '%s\n' 'tlsmgr unix - - n 1000? 1 tlsmgr' '127.0.0.1:465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes' >>"$tmp/conf/master.cf"
	echo "anna:{PLAIN}$password" >"$tmp/passwords"
	mkdir -p "$tmp/mail" "$tmp/queue" "$tmp/lib"
	chown nobody "$tmp/mail"
	chown postfix "$tmp/lib"
	dovecot -c "$tmp/conf/dovecot.conf"
	postfix -c "$tmp/conf" start 2>>"$tmp/log"
	suite "dovecot $(dovecot --version), postfix $(postconf -c "$tmp/conf" -h mail_version)" \
		-pop3s localhost:995 -smtp localhost:25 -smtps localhost:465
}

# popa3d cannot be installed beside Dovecot, so its package is only unpacked. It knows the accounts
# of the machine: in here anna is one, with an mbox.
play_popa3d() {
	dpkg -x "$stock"/popa3d_*.deb "$tmp/popa3d"
	mkdir -p "$tmp/var" "$tmp/lib/popa3d"
	cp -p /etc/passwd /etc/shadow "$tmp/"
	grep -q ^popa3d: /etc/passwd || echo 'popa3d:x:65532:65532::/nonexistent:/bin/false' >>"$tmp/passwd"
	echo 'anna:x:65533:8::/nonexistent:/bin/sh' >>"$tmp/passwd"
	echo "anna:$(openssl passwd -6 "$password"):20000::::::" >>"$tmp/shadow"
	mount --bind "$tmp/passwd" /etc/passwd
	mount --bind "$tmp/shadow" /etc/shadow
	mount --bind "$tmp/var" /var/mail
	version=$(dpkg-deb -f "$stock"/popa3d_*.deb Version)
	mount --bind "$tmp/lib" /var/lib
	install -o 65533 -g 8 -m 660 /dev/null /var/mail/anna
	socat TCP-LISTEN:110,fork,reuseaddr "EXEC:$tmp/popa3d/usr/sbin/popa3d,nofork" 2>"$tmp/log" &
	# shellcheck disable=SC2016 # expanded by the shell that delivers
	suite "popa3d $version" -deliver \
		'{ echo "From bert@example.org Tue Nov 24 12:00:00 2026"; tr -d "\r" | sed "s/^From />From /"; echo; } >>/var/mail/anna' pop3/
}

play_mailpit() {
	password=secret # it takes none with blanks
	echo "anna:$password" >"$tmp/passwords"
	"$stock/mailpit" --disable-version-check --database "$tmp/mailpit.db" --max 0 --listen localhost:8025 \
		--smtp localhost:25 --pop3 localhost:110 --pop3-auth-file "$tmp/passwords" \
		--smtp-tls-cert "$tmp/cert.pem" --smtp-tls-key "$tmp/key.pem" \
		--smtp-allowed-recipients '^(anna|postmaster)(@home\.arpa)?$' >"$tmp/log" 2>&1 &
	suite "mailpit ${mailpit#*@}" -smtp localhost:25
}

# suite TITLE FLAGS... waits until the server greets, then plays the cases.
suite() {
	echo "== $1"
	shift
	timeout 60 bash -c 'until (exec 3<>/dev/tcp/localhost/110) 2>/dev/null; do sleep 0.1; done'
	# shellcheck disable=SC2086 # several flags
	"$stock/pillarbench" suite -pop3 localhost:110 -user anna -password "$password" \
		${NOTES:+-note "$NOTES" -name "$server"} ${SUITE_FLAGS:-} "$@" || true
}

inside() {
	ip link set lo up
	tmp=$(mktemp -d -p "$stock")
	chmod 755 "$tmp"
	mkdir "$tmp/conf"
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
	server=$1
	"play_$server"
}

outside() { # what needs a network is fetched here, for there is none inside
	stock=$(mktemp -d -p /var/tmp)
	export stock
	trap 'rm -rf "$stock"' EXIT
	chmod 755 "$stock"
	CGO_ENABLED=0 go build -tags nethttpomithttp2 -o "$stock" ./cmd/pillarbox ./cmd/pillarbench
	for name; do
		case $name in
		popa3d) (cd "$stock" && apt-get -qq -o APT::Sandbox::User=root download popa3d) ;;
		mailpit) GOBIN=$stock go install "$mailpit" ;;
		esac
		unshare --net --mount --pid --fork --kill-child --mount-proc "$0" inside "$name"
	done
}

case ${1:-} in
install) install_servers ;;
inside) inside "$2" ;;
'') sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit 2 ;;
*) outside "$@" ;;
esac
