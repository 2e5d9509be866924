"""powercuts.py U-BOOT CARD GOOD FOREIGN OLDER: updates that the emulated board refuses, and the plug
pulled at each write of a good one: before it, and when half of it is on the card. The board starts
each time, with the real U-Boot and a real kernel.
"""

import pathlib
import sys

from board import Board

SLOW = 900  # seconds that an emulated board on a busy machine may take for a boot
MIB = 1 << 20
EVERY = 32 * MIB  # where the next file lies in /dev/vdb
HERE = pathlib.Path(__file__).parent
u_boot, card = sys.argv[1:3]
drawer = card + ".update"


def say(text):
    print(f"image: {text}", flush=True)


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r}, wanted {wanted!r}")


def fill():
    """/dev/vdb: the good update first, then the foreign, the older and a tampered one, and the commands of cut.sh."""
    good, foreign, older = (pathlib.Path(file).read_bytes() for file in sys.argv[3:])
    tampered = bytearray(good)
    tampered[-10000] ^= 1
    with open(drawer, "wb") as file:
        for number, content in enumerate((good, foreign, older, tampered, (HERE / "cut.sh").read_bytes())):
            if len(content) > EVERY:
                raise SystemExit(f"an update has {len(content)} octets, more than {EVERY}")
            file.seek(number * EVERY)
            file.write(content)
        file.truncate(5 * EVERY)


def stream(number):
    return f"dd if=/dev/vdb bs=1M skip={number * EVERY // MIB} count={EVERY // MIB} 2>/dev/null"


def status(board):
    return board.run("pillarbox-update status")[0].splitlines()[-1]


def refusals(board):
    for number, name, reason in ((1, "foreign", "which this card does not trust"), (2, "older", "an older version may have faults"),
                                 (3, "tampered", "cut short or damaged")):
        said, code = board.run(f"{stream(number)} | pillarbox-update install -", SLOW)
        if code != 1 or reason not in said:
            raise SystemExit(f"a {name} update: exit code {code}, {said!r}")
        expect(f"after a {name} update", status(board), "running a, proved a, on trial none")
        say(f"refused, {name}: {said.splitlines()[-1]}")


def start(slot):
    board = Board(u_boot, card, drawer)
    board.console(f"pillarbox: slot {slot}\r?\n", SLOW)
    board.banner(SLOW)
    return board


def cut(board, write, half):
    board.run(f"{stream(4)} | tr -d '\\0' >/tmp/cut.sh")
    board.run(f"(CUT={write} HALF={half} POWER=wait sh -c '. /tmp/cut.sh; . /usr/sbin/pillarbox-update' pillarbox-update install /dev/vdb "
              ">/dev/null 2>&1 &)")
    board.console(f"power cut at write {write}", SLOW)
    board.off()


fill()
board = start("a")
refusals(board)
for write in range(1, 5):
    for half in ("", "1"):
        cut(board, write, half)
        board = start("a")
        expect(f"after a cut at write {write}", status(board), "running a, proved a, on trial none")
        say(f"cut at write {write}, {'half of it written' if half else 'before it'}: slot a starts")
said, code = board.run("pillarbox-update install /dev/vdb", SLOW)
expect(f"install: {said}", code, 0)
board.off()
board = Board(u_boot, card, drawer)
board.console("pillarbox: slot b\r?\n", SLOW)
board.off()  # the trial is counted, and the kernel has not started
board = start("b")
board.console("slot b has passed its health checks and stays", SLOW)
expect("status", status(board), "running b, proved b, on trial none")
board.off()
say("cut in the first start of the trial: the second proves itself and stays")
