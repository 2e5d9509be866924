"""trial.py U-BOOT CARD UPDATE OLDER DAMAGED: a card's life on the emulated board.

Power on to the first POP3 banner; the page by its name; mail in and out; an update that proves itself; one whose box does not read the
format of the mail, which must leave it alone and give way; a damaged one, which U-Boot passes by. The plug is
pulled in a trial. At each end the mail is there, with its unique-ids.
"""

import shutil
import sys
import time

import segment
from board import Board

SLOW = 300  # seconds that an emulated board may take for a boot
u_boot, card, update, older, damaged = sys.argv[1:]
drawer = card + ".update"  # what lies in /dev/vdb


def say(text):
    print(f"image: {text}", flush=True)


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r}, wanted {wanted!r}")


def status(board):
    return board.run("pillarbox-update status")[0].splitlines()[-1]


def reaches(board, wanted):
    """Waits until this is the status: the gate says what it does before it has written so."""
    until = time.monotonic() + SLOW
    while (got := status(board)) != wanted:
        if time.monotonic() > until:
            raise SystemExit(f"status: {got!r}, wanted {wanted!r}")


def login(board):
    """The first password, which the console shows until the first login."""
    return board.console(r"User name +(\S+)\s", SLOW)[1], board.console(r"Password +(\S+)\s", SLOW)[1]


def power(board_before, file, *options):
    """The plug out and in again, with a file as /dev/vdb."""
    if board_before:
        board_before.off()
    shutil.copyfile(file, drawer)
    return Board(u_boot, card, drawer, *options)


def page(board, lan):
    """The page from outside: its name is found on the network, and it is served by that name, but not by another."""
    lan.join(board)
    expect("the address of pillarbox.local", lan.resolve("pillarbox.local", SLOW), segment.BOARD)
    answered, text = board.page("pillarbox.local")
    if answered != 200 or "Set up mail" not in text:
        raise SystemExit(f"the page by its name: {answered}\n{text}")
    expect("the page by the name of somebody else", board.page("rebound.example")[0], 421)
    say("the page is found and served by its name, pillarbox.local")


def install(board, options=""):
    said, code = board.run(f"pillarbox-update install {options} /dev/vdb", SLOW)
    if code != 0:
        raise SystemExit(f"an update was not installed: {said}")


def fingerprint(board):
    return board.run("cd /data/mail && find spool -type f -exec sha256sum {} + | sort | sha256sum; cd /")[0]


lan = segment.Segment(card)
board = power(None, update, *lan.options)
say(f"power on to the first POP3 banner: {board.banner(SLOW):.1f} s, the file system of the mail made on the way")
user, password = login(board)
page(board, lan)
board.send(f"{user}@home.arpa", "before all updates")
mail = board.mail(user, password)
expect("mail", list(mail.values()), ["before all updates"])
expect("status", status(board), "running a, proved a, on trial none")
if "/dev/watchdog0" not in board.run("pillarbox health")[0]:
    raise SystemExit("the watchdog of the board is not fed")
expect("writing to the root", board.run("touch /etc/hostname")[1], 1)
install(board)
expect("status", status(board), "running a, proved a, on trial b, 2 boots left")

board.run("sync")
board = power(board, older)
say(f"power on to the next banner: {board.banner(SLOW):.1f} s")
board.console("slot b has passed its health checks and stays", SLOW)
reaches(board, "running b, proved b, on trial none")
expect("mail", board.mail(user, password), mail)
say("the update passed its health checks and stays; the mail is there")

before = fingerprint(board)
board.run("echo 20 >/data/etc/update-patience")
said, code = board.run("pillarbox-update install /dev/vdb", SLOW)
if code != 1 or "an older version may have faults" not in said:
    raise SystemExit(f"an older update: exit code {code}, {said!r}")
install(board, "-allow-older")
board.run("reboot")
board.console("pillarbox: slot a", SLOW)
board.console("did not pass within 20 seconds: back to slot b", SLOW)
board.console("pillarbox: slot b", SLOW)
board.console("the update in slot a failed its health checks: slot b stays", SLOW)
board.banner(SLOW)
reaches(board, "running b, proved b, on trial none")
refusal = board.run("grep -o 'unknown format version.*' /data/update-refused.log | head -n 1")[0]
if "this program reads version" not in refusal:
    raise SystemExit(f"the older box did not say why: {refusal!r}")
expect("the spool's files", fingerprint(board), before)
expect("mail", board.mail(user, password), mail)
say(f"a downgrade was refused ({refusal}), touched nothing, and the next boot fell back")

board = power(board, damaged)
board.banner(SLOW)
install(board)
# Flash that rots after the update was read back: U-Boot's own sums must find it.
board.run("at=$(grep -l PARTNAME=kernel-a /sys/class/block/*/uevent | cut -d/ -f5); "
          "dd if=/dev/zero of=/dev/$at bs=4096 seek=100 count=1 conv=notrunc,fsync")
board.run("reboot")
board.console("Bad hash", SLOW)
board.console("pillarbox: slot b", SLOW)
board.console("the update in slot a failed its health checks: slot b stays", SLOW)
board.banner(SLOW)
board.send(f"{user}@home.arpa", "after all updates")
expect("mail", list(board.mail(user, password).values()), ["before all updates", "after all updates"])
board.off()
say("a kernel that rotted was passed by; mail goes in and out")
