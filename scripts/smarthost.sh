#!/bin/sh
# smarthost.sh: sends by Exim of Debian, which is unpacked into a temporary directory and not installed:
# with TLS from the first octet and by STARTTLS, PLAIN, 4xx, 5xx, SIZE, DSN and SMTPUTF8.
# It needs root, for a mount namespace in which Exim finds its user.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'kill "${pid:-0}" 2>/dev/null || true; rm -rf "$dir"' EXIT
chmod 755 "$dir"
(cd "$dir" && apt-get -qq -o APT::Sandbox::User=root download exim4-daemon-light && dpkg-deb -x ./*.deb .)
mkdir "$dir/spool" "$dir/log"
cp /etc/passwd /etc/group "$dir"
echo 'Debian-exim:x:4711:4711::/:/bin/false' >>"$dir/passwd"
echo 'Debian-exim:x:4711:' >>"$dir/group"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -days 2 -subj /CN=localhost 2>/dev/null
chown -R 4711:4711 "$dir/spool" "$dir/log" "$dir/key.pem" "$dir/cert.pem"
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
tls=$(free) plain=$(free)
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
END
unshare -m sh -c "mount --bind '$dir/passwd' /etc/passwd && mount --bind '$dir/group' /etc/group &&
	exec '$dir/usr/sbin/exim4' -C '$dir/exim.conf' -bdf" &
pid=$!
sleep 2
for way in "465 127.0.0.1:$tls" "587 127.0.0.1:$plain"; do
	SMARTHOST_PEER=$way go test -count=1 -run TestPeer ./appliance/outbound/smarthost
done
