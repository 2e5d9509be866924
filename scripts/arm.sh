#!/bin/sh
# arm.sh [BENCHMARK-PATTERN]: counts the instructions that a message takes on arm64 and on
# armv7, the kernel's included. It runs Go's benchmarks on an emulated board whose clock goes on by
# a nanosecond an instruction, so that ns/op are instructions. They come out nearly the same on any
# host and under any load. They tell nothing of caches, of memory and of what a core does at once.
#
# The kernel is Debian's for arm64, for armv7 too, but for TLS, where each has its own: the rows with
# "kernel" have it make the records. Files lie in memory, and a network is loopback,
# with the client's part in the figure. NOTES names a file to append the figures to. CRC-32C, SHA-256 and atomics are Go's own benchmarks. Needs
# qemu-system-arm, kmod, cpio and what scripts/qemu/guest.sh needs.
set -eu
cd "$(dirname "$0")/.."
: "${GUEST:=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/guest}"
: "${GUEST_ARMV7:=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/guest-imx6ul}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
scripts/qemu/guest.sh "$GUEST"

# package, benchmarks, GODEBUG for a second run on arm64 as on a core without the instructions
table='
hash/crc32            CRC32/poly=Castagnoli/size=(4kB|32kB)/align=0  cpu.crc32=off
crypto/sha256         Hash(1K|8K)/New                                cpu.sha2=off
internal/runtime/atomic (Load|Store|Xadd|Cas)64$|Xadd$|Cas$          -
./appliance/accounts  Derive/here                                    -
./pop3/wire           Scan                                           -
./appliance/smtpd     Mail                                           -
./spool               Deliver                                        -
./spool/format        UpdateSum                                      -
./appliance           Intake                                         -
./pop3                Retrieve/(4|32|256)KiB                         -
./pop3                Crossover                                      -
./pop3                Handshake                                      -
'
# The same, on the kernel of the processor.
tls='
./pop3                RetrieveTLS                                    cpu.aes=off
'

# list TABLE GOARCH...: puts the programs of the chosen rows into $tmp/root/bench, with a list of what
# to run.
list() {
	rows=$1
	shift
	rm -f "$tmp"/root/bench/*
	echo "$rows" | grep -E -- "$chosen" | while read -r package names without; do
		for goarch; do
			program=$goarch-$(basename "$package")
			[ -e "$tmp/root/bench/$program" ] ||
				CGO_ENABLED=0 GOOS=linux GOARCH=$goarch GOARM=7 go test -c -o "$tmp/root/bench/$program" "$package"
			echo "run '' $program '$names'"
			[ "$goarch" = arm ] || [ "$without" = - ] || echo "run $without $program '$names'"
		done
	done >"$tmp/root/bench/list"
}

mkdir -p "$tmp/root/bench"
cat >"$tmp/root/init" <<'INIT'
#!/bin/busybox sh
export PATH=/run/bin GOMAXPROCS=1
/bin/busybox mkdir -p /run/bin /dev /proc /sys /tmp
/bin/busybox --install -s /run/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
ip link set lo up
for module in $(cat /modules/tls); do insmod "/modules/$module"; done
cd /bench
run() {
	echo "## $2 $1"
	GODEBUG=$1 "./$2" -test.run '^$' -test.bench "$3" -test.benchtime 60ms
}
. ./list
poweroff -f
INIT
chmod 755 "$tmp/root/init"

# board FOLDER EMULATOR...: runs the list on the kernel of a folder of guest.sh.
board() {
	guest=$1
	shift
	[ -s "$tmp/root/bench/list" ] || return 0
	(cd "$tmp/root" && find . | cpio -o -H newc --quiet | gzip -1) | cat "$guest/base.gz" - >"$tmp/initrd.gz"
	"$@" -smp 1 -m 512 -nographic -nodefaults -serial stdio -no-reboot -icount shift=0,sleep=off \
		-kernel "$guest/vmlinuz" -initrd "$tmp/initrd.gz" -append "panic=1 quiet mitigations=off audit=0 console=ttyAMA0" |
		tr -d '\r' | awk -v notes="${NOTES:-/dev/null}" '
			/^##/ { program = $2 ($3 == "" ? "" : " " $3) }
			/^Benchmark/ {
				printf "%-36s %-44s %10d", program, $1, $3
				printf "arm %s %s\tpillarbox\tinstructions\t%d\n", program, $1, $3 >>notes
				if ($6 == "MB/s") {
					printf "%9.2f an octet", 1000 / $5
					printf "arm %s %s\tpillarbox\tan octet\t%.2f\n", program, $1, 1000 / $5 >>notes
				}
				print ""
			}'
}

chosen=${1:-.}
list "$table" arm64 arm
board "$GUEST" qemu-system-aarch64 -M virt -cpu cortex-a53
list "$tls" arm64
board "$GUEST" qemu-system-aarch64 -M virt -cpu cortex-a53
list "$tls" arm
if [ -s "$tmp/root/bench/list" ]; then
	scripts/qemu/guest.sh "$GUEST_ARMV7" imx6ul
	board "$GUEST_ARMV7" qemu-system-arm -M virt -cpu cortex-a7
fi
