# shellcheck shell=sh
# box.sh: sourced in place of ../box.sh by scripts whose server is to run in a guest, whose kernel
# has TLS. It has the same functions. The state is in memory of the guest, and ports of this
# machine lead to it. Needs $tmp, qemu-system-arm, kmod and cpio.
#
#   GUEST    the folder of guest.sh
#   MODULES  "tls": the guest has the modules of TLS; else it has none
#   KERNEL   tls.kernel of the server; "on" if it is not set
#   GODEBUG  of the server: cpu.aes=off makes it prefer ChaCha20-Poly1305
#
#   box_run NAME   runs the script /box/NAME in the guest; what it prints is in $tmp/NAME

: "${tmp:?}"
PATH=$(python3 -c 'import os, sys; print(os.path.dirname(sys.executable))'):$PATH
export HOST=localhost PASSWORD='royal mail 1840' CA="$tmp/ca.crt"
: "${GUEST:=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/guest}" "${MODULES=tls}"

box_build() {
	scripts/qemu/guest.sh "$GUEST"
	mkdir -p "$tmp/root/box"
	# shellcheck disable=SC2046 # one flag a word
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build $(scripts/lean.sh) -o "$tmp/root/box/pillarbox" ./cmd/pillarbox
}

box_configure() {
	# shellcheck disable=SC2046 # five words
	set -- $(scripts/ports.py 5)
	export POP3_PORT="$1" POP3S_PORT="$2" SMTP_PORT="$3" SMTPS_PORT="$4" LMTP_PORT="$5"
	cat >"$tmp/root/box/pillarbox.toml" <<TOML
hostname = "localhost"
domains  = ["home.arpa"]
state    = "/tmp/state"
mdns     = "off"
allow    = ["10.0.2.0/24", "127.0.0.0/8"]

[pop3]
listen     = [":110"]
listen_tls = [":995"]
plaintext_auth = "always"

[smtp]
listen      = [":25"]
listen_tls  = [":465"]
listen_lmtp = [":24"]
plaintext_auth = "always"

[tls]
kernel = "${KERNEL:-on}"

[web]
listen = []
listen_tls = []

[spool]
capacity = "256MiB"
volatile = true
TOML
	printf '%s\n' "$PASSWORD" >"$tmp/root/box/password"
	: >"$tmp/root/box/names"
}

box_user() {
	for name; do echo "$name"; done >>"$tmp/root/box/names"
}

box_start() {
	echo "export GODEBUG=${GODEBUG:-} KERNEL=${KERNEL:-on}" >"$tmp/root/box/environment"
	{
		[ -z "$MODULES" ] || gzip -dc "$GUEST/base.gz" | cpio -i --quiet --to-stdout "modules/$MODULES" "./modules/$MODULES"
	} >"$tmp/root/box/modules"
	cp scripts/qemu/tls-init "$tmp/root/init"
	chmod 755 "$tmp/root/init"
	(cd "$tmp/root" && find . | cpio -o -H newc --quiet | gzip -1) | cat "$GUEST/base.gz" - >"$tmp/initrd.gz"
	mkfifo "$tmp/console"
	forward=
	for pair in "$POP3_PORT:110" "$POP3S_PORT:995" "$SMTP_PORT:25" "$SMTPS_PORT:465" "$LMTP_PORT:24"; do
		forward="$forward,hostfwd=tcp:127.0.0.1:${pair%:*}-10.0.2.15:${pair#*:}"
	done
	qemu-system-aarch64 -M virt -cpu max,pauth-impdef=on -smp 1 -m 768 -nographic -nodefaults -serial stdio -no-reboot \
		-netdev "user,id=net,restrict=on$forward" -device virtio-net-pci,netdev=net,romfile= \
		-kernel "$GUEST/vmlinuz" -initrd "$tmp/initrd.gz" -append "panic=1 quiet mitigations=off audit=0 console=ttyAMA0" \
		<"$tmp/console" >"$tmp/log" 2>&1 &
	box_pid=$!
	exec 4>"$tmp/console"
	box_wait 'guest: end of authority'
	sed -n '/^guest: authority/,/^guest: end/p' "$tmp/log" | tr -d '\r' | grep -v '^guest:' >"$CA"
	chmod 644 "$CA"
	box_wait 'ready'
}

# box_wait TEXT [SECONDS]: waits until the console has said it.
box_wait() {
	python3 - "$tmp/log" "$1" "$box_pid" "${2:-300}" <<'PY' || { cat "$tmp/log" >&2; return 1; }
import os, sys, time
log, text, process = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
for patience in range(4 * int(sys.argv[4])):
    with open(log, "rb") as f:
        if text in f.read():
            sys.exit()
    os.kill(process, 0)
    time.sleep(0.25)
sys.exit("the guest did not say " + sys.argv[2])
PY
}

box_run() {
	echo "run $1" >&4
	box_wait "guest: $1 ended with" 3600
	tr -d '\r' <"$tmp/log" | sed -n "/^guest: $1 begins/,/^guest: $1 ended/p" >"$tmp/$1"
	grep -q "^guest: $1 ended with 0" "$tmp/$1"
}

box_stop() {
	echo stop >&4
	exec 4>&-
	wait "$box_pid" || return
	tr -d '\r' <"$tmp/log" | grep -E '^guest: (ended|Tls.*[1-9])|TLS of the kernel'
	grep -q 'guest: ended with 0' "$tmp/log" || return
	# With the modules, connections were handed over, beside the two of the probe.
	[ -z "$MODULES" ] || [ "${KERNEL:-on}" = off ] || awk '$1 == "guest:" && $2 == "TlsTxSw" { n = $3 + 0 } END { exit !(n > 2) }' "$tmp/log"
}
