# shellcheck shell=sh
# boards.sh: sourced by the scripts that build the server for other processors.
#
#   $boards                                  their names
#   board_build NAME FILE [LINKER FLAGS]     builds the server for one, as FILE
#   board_emulator NAME                      prints what runs it: a QEMU of qemu-user-static, or env

# One row a processor: its name, GOARCH, how it is told apart, its QEMU.
boards_table='
arm64   arm64    -                 aarch64
armv7   arm      GOARM=7           arm
armv6   arm      GOARM=6           arm
mips    mips     GOMIPS=softfloat  mips
mipsle  mipsle   GOMIPS=softfloat  mipsel
riscv64 riscv64  -                 riscv64
amd64   amd64    -                 x86_64
'
# shellcheck disable=SC2034 # for who sources this
boards=$(echo "$boards_table" | awk '{ print $1 }')

# board_row NAME COLUMN
board_row() { echo "$boards_table" | awk -v name="$1" -v column="$2" '$1 == name { print $column }'; }

board_build() {
	scripts/go-version.sh
	variant=$(board_row "$1" 3)
	[ "$variant" != - ] || variant=GOFLAGS=
	# shellcheck disable=SC2046 # one flag a word
	env CGO_ENABLED=0 GOOS=linux GOARCH="$(board_row "$1" 2)" "$variant" \
		go build $(scripts/lean.sh) -buildvcs=false -ldflags "-s ${3:-}" -o "$2" ./cmd/pillarbox
}

board_emulator() {
	if [ "$(uname -m)" = "$(board_row "$1" 4)" ]; then
		echo env
	else
		echo "qemu-$(board_row "$1" 4)-static"
	fi
}
