"""reads.py U-BOOT...: holds boot.cmd to reading no more of a slot than its image states.

A card whose kernel partitions are larger than their images, filled with a mark behind them. Slot a has an image with
correct sums that cannot be booted, slot b one that states more than its partition has. U-Boot passes by both on a
board of 128 MiB; then the board's memory must have the image of slot a and the mark nowhere.
"""

import os
import subprocess
import sys
import tempfile
import time

from board import Board

MARK = b"\xa5" * 4096
RAMDISK = 0x44000000  # ramdisk_addr_r of this board
PACK = os.path.join(os.path.dirname(__file__), "../../buildroot/board/pillarbox/pack.sh")


def partitions(card):
    """The first and the last octet of each partition, by the names in the table."""
    found = {}
    with open(card, "rb") as file:
        file.seek(2 * 512)
        for _ in range(128):
            row = file.read(128)
            name = row[56:].decode("utf-16-le").rstrip("\0")
            first, last = (int.from_bytes(row[at:at + 8], "little") for at in (32, 40))
            found[name] = first * 512, last * 512 + 511
    return found


def make(folder):
    """The card, and the image in slot a."""
    kernel, root = os.path.join(folder, "Image"), os.path.join(folder, "root")
    with open(kernel, "wb") as file:
        file.write(os.urandom(1 << 20))
    with open(root, "wb") as file:
        file.write(bytes(4096))
    subprocess.run([PACK, "qemu-aarch64", folder, kernel, root, "-"], check=True, env=os.environ | {"VERSION": "1"})
    card = os.path.join(folder, "pillarbox-qemu-aarch64.img")
    with open(card, "r+b") as file:
        table = partitions(card)
        first, last = table["kernel-a"]
        file.seek(first)
        header = file.read(8)
        size = int.from_bytes(header[4:], "big")
        file.seek(first)
        # The node that boot.cmd names to bootm gets another name; 1 is the token before a node's
        # name.
        image = file.read(size).replace(b"\0\0\0\1slot\0", b"\0\0\0\1none\0")
        file.seek(first)
        file.write(image + MARK * ((last + 1 - first - size) // len(MARK)))
        first, last = table["kernel-b"]
        file.seek(first)
        too_large = last + 1 - first + 1
        file.write(header[:4] + too_large.to_bytes(4, "big") + image[8:512] + MARK * ((last - first) // len(MARK)))
    return card, image


def check(u_boot, card, image, memory):
    board = Board(u_boot, card, card + ".update")
    board.console("pillarbox: slot a", 60)
    board.console("pillarbox: slot b", 60)
    board.console("pillarbox: no slot boots", 60)
    board.monitor(f'pmemsave {RAMDISK:#x} {32 << 20:#x} "{memory}"')
    wanted, began = 32 << 20, time.monotonic()
    while not os.path.exists(memory) or os.path.getsize(memory) < wanted:
        if time.monotonic() - began > 60:
            raise SystemExit("QEMU did not save the board's memory")
        time.sleep(0.1)
    board.off()
    with open(memory, "rb") as file:
        read = file.read()
    os.unlink(memory)
    block = len(image) + -len(image) % 512
    if (at := read.find(MARK[:64], block)) >= 0:
        raise SystemExit(f"{u_boot}: U-Boot read {at + RAMDISK:#x}, past the image, which ends at {block + RAMDISK:#x}")

    # The first block is that of slot b, which was looked at last.
    if read[512:len(image)] != image[512:]:
        raise SystemExit(f"{u_boot}: the image of slot a is not at {RAMDISK:#x}")


with tempfile.TemporaryDirectory() as folder:
    card, image = make(folder)
    with open(card + ".update", "wb") as file:
        file.write(bytes(4096))
    for u_boot in sys.argv[1:]:
        check(u_boot, card, image, os.path.join(folder, "memory"))
print("image: boot.cmd reads no more than the image states")
