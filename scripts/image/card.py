"""A card as files in a root directory, with pillarbox-update in it, and a model of boot.cmd.

    card = Card(folder, pillarbox, script)   # slot a runs
    card.update("install", "/update")        # runs pillarbox-update; a subprocess.CompletedProcess
    card.boot()                              # power on: starts a slot, and counts its trial

powercuts.py makes the same cuts with the real U-Boot, so that the model cannot differ from it unseen.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import zlib

HERE = pathlib.Path(__file__).parent
S10DATA = HERE.parent.parent / "buildroot/board/pillarbox/overlay/etc/init.d/S10data"
PARTITIONS = ("state", "kernel-a", "root-a", "kernel-b", "root-b")
COPY = 4 << 20  # where the second copy of the state lies
BOARD = "qemu-aarch64"
APPLETS = ("basename cat chmod cmp cp cut dd dirname find grep gzip head kill ln logger logread mkdir mktemp mv printf readlink rm sed sh "
           "sha256sum sync tail tr wc").split()


class Card:
    def __init__(self, folder, pillarbox, script):
        self.root = folder
        for name in ("bin", "usr/bin", "usr/sbin", "usr/libexec", "usr/share/pillarbox/update-keys", "etc", "dev", "run", "tmp",
                     "data/etc", "proc/sys/vm"):
            (folder / name).mkdir(parents=True)
        # The last one is of S99pillarbox-update.
        for name in ("dev/null", "dev/console", "proc/sys/vm/drop_caches", "run/pillarbox-update.pid"):
            (folder / name).touch()
        for name in PARTITIONS:
            (folder / "sys/class/block" / name).mkdir(parents=True)
            (folder / "sys/class/block" / name / "uevent").write_text(f"DEVNAME={name}\nPARTNAME={name}\n")
            (folder / "sys/class/block" / name / "size").write_text(f"{16 << 10}\n")
            (folder / "dev" / name).touch()
        os.truncate(folder / "dev/state", 2 * COPY)
        for program, file in ((shutil.which("busybox"), "bin/busybox"), (pillarbox, "usr/libexec/pillarbox-verify-update")):
            if not folder.with_name("programs").joinpath(file).exists():
                folder.with_name("programs").joinpath(file).parent.mkdir(parents=True)
                shutil.copy(program, folder.with_name("programs") / file)
            os.link(folder.with_name("programs") / file, folder / file)
        for applet in APPLETS:
            (folder / "bin" / applet).symlink_to("busybox")
        for name in ("cut.sh", "chroot.sh"):
            shutil.copy(HERE / name, folder / name)
        shutil.copy(script, folder / "usr/sbin/pillarbox-update")
        (folder / "etc/pillarbox-board").write_text(BOARD + "\n")
        (folder / "etc/os-release").write_text("ID=pillarbox\nIMAGE_VERSION=0.2.0\n")
        self.healthy(True)
        self.runs("a")

    def healthy(self, well):
        """What "pillarbox health" is to say: all is proved, or not."""
        file = self.root / "usr/bin/pillarbox"
        file.write_text(f"#!/bin/sh\necho checks\nexit {0 if well else 1}\n")
        file.chmod(0o755)

    def runs(self, slot):
        (self.root / "proc/cmdline").write_text(f"ro panic=10 pillarbox.slot={slot} quiet\n")
        (self.root / "proc/uptime").write_text("0.00 0.00\n")
        (self.root / "run/pillarbox-update.lock").unlink(missing_ok=True)
        (self.root / "run/reboot").unlink(missing_ok=True)

    def device(self, name):
        return self.root / "dev" / name

    def update(self, *args, cut=0, half=False, power="kill", stdin=None):
        """Runs pillarbox-update, with the power cut at one of its writes (cut.sh)."""
        return subprocess.run(
            [shutil.which("chroot"), self.root, "/bin/busybox", "sh", "-c", ". /cut.sh; . /chroot.sh; . /usr/sbin/pillarbox-update", "pillarbox-update", *args],
            env={"PATH": "/bin:/usr/bin", "CUT": str(cut), "HALF": "1" if half else "", "POWER": power},
            stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)

    def first_boot(self, content):
        """Runs S10data with that in the partition "data"; None: it cannot be read. run/tools lists what was called."""
        partition = self.root / "sys/class/block/data"
        partition.mkdir()
        (partition / "uevent").write_text("DEVNAME=data\nPARTNAME=data\n")
        (partition / "partition").write_text("6\n")
        if content is None:
            self.device("data").mkdir()  # a directory can be opened, and read() fails
        else:
            self.device("data").write_bytes(content)
        (self.root / "dev/zero").write_bytes(bytes(1 << 16))
        (self.root / "run/tools").touch()
        (self.root / "usr/share/pillarbox/pillarbox.toml").touch()
        for name in ("mkfs.f2fs", "fsck.f2fs", "sfdisk", "partx", "mount"):
            file = self.root / "usr/bin" / name
            file.write_text(f"#!/bin/sh\necho {name} >>/run/tools\n" + ("[ ! -d /dev/data ]\n" if name == "mount" else ""))
            file.chmod(0o755)
        shutil.copy(S10DATA, self.root / "etc/S10data")
        return subprocess.run(
            [shutil.which("chroot"), self.root, "/bin/busybox", "sh", "/etc/S10data", "start"], env={"PATH": "/bin:/usr/bin"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def digest(self):
        """All that is on the card, in one word."""
        sums = hashlib.sha256()
        for name in PARTITIONS:
            octets = b"".join(self.copy(at) for at in (0, COPY)) if name == "state" else self.device(name).read_bytes()
            sums.update(hashlib.sha256(octets).digest())
        return sums.hexdigest()

    # boot.cmd

    def copy(self, at):
        with open(self.device("state"), "rb") as file:
            file.seek(at)
            return file.read(512)

    def copies(self):
        found = []
        for at in (0, COPY):
            octets = self.copy(at)
            words = {"turn": "0", "slot": "a", "trial": "", "left": "0"}
            if int.from_bytes(octets[:4], "little") == zlib.crc32(octets[4:]):
                words |= dict(word.decode().split("=") for word in octets[4:].split(b"\0") if word)
                found.append((int(words["turn"], 16), at, words))
        return found

    def state(self):
        """Where the copy of the state is that counts, and what it says."""
        return max(self.copies(), default=(0, COPY, {"turn": "0", "slot": "a", "trial": "", "left": "0"}))[1:]

    def proved(self):
        """The slot that has proved itself when none is on trial."""
        words = self.state()[1]
        return words["slot"] if not words["trial"] else None

    def boot(self, torn=False):
        """The slot that boot.cmd starts; None when it is cut in the middle of counting a trial."""
        newest, state = self.state()
        order = ["b", "a"] if state["slot"] == "b" else ["a", "b"]
        if state["trial"] and int(state["left"], 16) > 0:
            counted = state | {"left": f"{int(state['left'], 16) - 1:x}", "turn": f"{int(state['turn'], 16) + 1:x}"}
            text = b"".join(f"{name}={value}".encode() + b"\0" for name, value in sorted(counted.items())).ljust(508, b"\0")
            octets = zlib.crc32(text).to_bytes(4, "little") + text
            with open(self.device("state"), "r+b") as file:
                file.seek(COPY - newest)
                file.write(octets[:8] if torn else octets)
            if torn:
                return None
            order = [state["trial"], state["slot"]]
        for slot in order:
            octets = self.device(f"kernel-{slot}").read_bytes()
            # The sum of a FIT image.
            if octets[:64].strip(b"\0") == hashlib.sha256(octets[64:]).hexdigest().encode():
                self.runs(slot)
                return slot
        raise SystemExit(f"no slot boots: {state}")


def kernel(word, blocks):
    """A kernel that has its own sum in front, as a FIT image does."""
    content = (word.encode() * blocks * 4096)[:blocks * 4096 - 64]
    return hashlib.sha256(content).hexdigest().encode() + content
