"""boottime.py U-BOOT IMAGE [TIMES]: from power on to the POP3 banner on the emulated board, medians of TIMES (five) cards.
boottime.py -work U-BOOT IMAGE: how much work a second boot is, and that this is not too much.

Each card is fresh: its first boot makes keys and the file system of the mail, its second finds them. Between the two
the plug is pulled, after a sync. The medians hold for a machine that does nothing else; the lines of the console of the
last card have their times, to see where the time goes. The environment variable NOTES names a file to append the
medians to.

The work is the time in which the board is not idle, from the kernel's start to a shell behind the banner, where each
instruction takes 4 ns: so it is the same on a slow and on a busy machine.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time

from board import Board

SLOW = 300  # seconds that an emulated board may take for a boot
MOST = 2.6  # seconds of work, half as much again as there is
COUNTED = "-icount", "shift=2,sleep=off"


class Timed(Board):
    """A board whose console has a time for each piece of it."""

    def listen(self):
        self.pieces = []
        while octets := self.qemu.stdout.read1(65536):
            text = octets.decode("utf-8", "replace")
            self.pieces.append((time.monotonic() - self.began, text))
            self.lines.put(text)
        self.lines.put(None)


def timeline(board):
    """The console's lines with the second at which each began."""
    line, at = "", 0
    for second, text in board.pieces:
        for letter in text:
            if not line:
                at = second
            if letter == "\n":
                yield at, line.strip()
                line = ""
            else:
                line += letter


def spent(board):
    """CPU seconds of the emulator so far: they suffer less from what else the machine does."""
    with open(f"/proc/{board.qemu.pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def fresh(image, folder):
    """A card with the image on it, and a second disk with nothing on it."""
    card, other = os.path.join(folder, "card.img"), os.path.join(folder, "other")
    shutil.copyfile(image, card)
    os.truncate(card, 768 << 20)
    with open(other, "wb") as file:
        file.truncate(1 << 20)
    return card, other


def life(u_boot, image, folder):
    """Seconds and CPU seconds to the banner of a first and a second boot of a new card, and the console of both."""
    card, other = fresh(image, folder)
    board = Timed(u_boot, card, other)
    first = board.banner(SLOW), spent(board)
    board.console(r"Password +(\S+)\s", SLOW)
    board.run("sync")
    board.off()
    lines = list(timeline(board))
    board = Timed(u_boot, card, other)
    second = board.banner(SLOW), spent(board)
    time.sleep(3)  # for the rest of the console
    board.off()
    return first, second, lines, list(timeline(board))


def medians(u_boot, image, times, folder):
    firsts, seconds = [], []
    for _ in range(times):
        first, second, *consoles = life(u_boot, image, folder)
        print("first {:.2f} s (CPU {:.2f}), second {:.2f} s (CPU {:.2f})".format(*first, *second), flush=True)
        firsts.append(first)
        seconds.append(second)
    for console in consoles:
        print()
        for at, line in console:
            print(f"{at:6.2f} {line}")
    print()
    for name, boots in ("first", firsts), ("second", seconds):
        took, cpu = (statistics.median(figures) for figures in zip(*boots))
        print(f"{name} boot, median of {times}: {took:.1f} s, of which the emulator's CPU {cpu:.1f} s")
        if notes := os.environ.get("NOTES"):
            with open(notes, "a") as file:
                file.write(f"boot {name}\tpillarbox\ts\t{took:g}\n")


def work(u_boot, image, folder):
    card, other = fresh(image, folder)
    board = Board(u_boot, card, other)
    board.banner(SLOW)
    board.run("sync")
    board.off()
    board = Board(u_boot, card, other, *COUNTED)
    board.banner(SLOW)
    user, nice, system, _, _, irq, softirq = map(int, board.run("head -n 1 /proc/stat", SLOW)[0].split()[1:8])
    board.off()
    seconds = (user + nice + system + irq + softirq) / 100
    print(f"image: a second boot is {seconds:.1f} s of work")
    if seconds > MOST:
        raise SystemExit(f"more than {MOST} s: what has become slower? Without -work this shows the console with times")


with tempfile.TemporaryDirectory() as scratch:
    if sys.argv[1] == "-work":
        work(*sys.argv[2:4], scratch)
    else:
        medians(*sys.argv[1:3], int(sys.argv[3]) if len(sys.argv) > 3 else 5, scratch)
