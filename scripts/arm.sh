#!/bin/sh
# arm.sh [BENCHMARK-PATTERN]: counts the instructions that a message takes on arm64 and on
# armv7, the kernel's included. It runs Go's benchmarks on an emulated board whose clock goes on by
# a nanosecond an instruction, so that ns/op are instructions. They come out nearly the same on any
# host and under any load. They tell nothing of caches, of memory and of what a core does at once.
#
# The kernel is Debian's for arm64, for armv7 too. Files lie in memory, and a network is loopback,
# with the client's part in the figure. CRC-32C, SHA-256 and atomics are Go's own benchmarks. Needs
# qemu-system-arm, kmod, cpio and what scripts/qemu/guest.sh needs.
set -eu
cd "$(dirname "$0")/.."
: "${GUEST:=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox/guest}"
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
./pop3                Retrieve/(4|32|256)KiB                         -
./pop3                Crossover                                      -
'
mkdir -p "$tmp/root/bench"
echo "$table" | grep -E -- "${1:-.}" | while read -r package pattern without; do
	for goarch in arm64 arm; do
		program=$goarch-$(basename "$package")
		[ -e "$tmp/root/bench/$program" ] ||
			CGO_ENABLED=0 GOOS=linux GOARCH=$goarch GOARM=7 go test -c -o "$tmp/root/bench/$program" "$package"
		echo "run '' $program '$pattern'"
		[ "$goarch" = arm ] || [ "$without" = - ] || echo "run $without $program '$pattern'"
	done
done >"$tmp/root/bench/list"

cat >"$tmp/root/init" <<'EOF'
#!/bin/busybox sh
export PATH=/run/bin GOMAXPROCS=1
/bin/busybox mkdir -p /run/bin /dev /proc /sys /tmp
/bin/busybox --install -s /run/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t tmpfs tmp /tmp
ip link set lo up
cd /bench
run() {
	echo "## $2 $1"
	GODEBUG=$1 "./$2" -test.run '^$' -test.bench "$3" -test.benchtime 20ms
}
. ./list
poweroff -f
EOF
chmod 755 "$tmp/root/init"
(cd "$tmp/root" && find . | cpio -o -H newc --quiet | gzip -1) | cat "$GUEST/base.gz" - >"$tmp/initrd.gz"
qemu-system-aarch64 -M virt -cpu cortex-a53 -smp 1 -m 512 -nographic -nodefaults -serial stdio -no-reboot -icount shift=0,sleep=off \
	-kernel "$GUEST/vmlinuz" -initrd "$tmp/initrd.gz" -append "panic=1 quiet mitigations=off audit=0 console=ttyAMA0" |
	tr -d '\r' | awk '/^##/ { program = $2 " " $3 } /^Benchmark/ { printf "%-36s %-44s %10d", program, $1, $3; if ($6 == "MB/s") printf "%9.2f an octet", 1000 / $5; print "" }'
