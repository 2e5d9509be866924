"""updatetest.py PILLARBOX FOLDER [TEST...]: runs pillarbox-update on a card of files, below FOLDER: which updates
it refuses and why, and that a power cut at each of its writes leaves a card that boots. A TEST is
the name of a function, as in "cuts".

Needs root (chroot), busybox and openssl. scripts/updatetest.sh runs it.
"""

import pathlib
import subprocess
import sys
import tempfile

from card import BOARD, Card, HERE, kernel

TOOLS = HERE.parent.parent / "buildroot/board/pillarbox"
SCRIPT = TOOLS / "overlay/usr/sbin/pillarbox-update"
RELEASE1 = HERE / "testdata/pillarbox-update.release1"
pillarbox = sys.argv[1]
tmp = pathlib.Path(tempfile.mkdtemp(dir=sys.argv[2]))
cards = 0


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r}, wanted {wanted!r}")


def key(name):
    file = tmp / f"{name}.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", file], check=True)
    public = tmp / f"{name}.pub.pem"
    subprocess.run(["openssl", "pkey", "-in", file, "-pubout", "-out", public], check=True)
    return file, public


def build(name, version="0.2.1", signed_by=None, board=BOARD):
    """An update as pack.sh makes one; its kernel and root say what they are of."""
    (tmp / "kernel").write_bytes(kernel(name, 6))
    (tmp / "root").write_bytes(f"root of {name}\n".encode() * 2000)
    file = tmp / f"{name}.update"
    subprocess.run([TOOLS / "update.sh", board, version, tmp / "kernel", tmp / "root", file], check=True, stderr=subprocess.DEVNULL)
    if signed_by:
        subprocess.run([TOOLS / "sign.sh", signed_by, file], check=True)
    return file.read_bytes()


def parts(update):
    """The kernel and the root of an update."""
    return update[4096:7 * 4096], update[7 * 4096:]


def card(script=SCRIPT):
    """A card that runs slot a, has an older system in slot b, and trusts "ours"."""
    global cards
    cards += 1
    made = Card(tmp / f"card{cards}", pillarbox, script)
    for slot, update in (("a", RUNNING), ("b", BEFORE)):
        made.device(f"kernel-{slot}").write_bytes(parts(update)[0])
        made.device(f"root-{slot}").write_bytes(parts(update)[1])
    (made.root / "usr/share/pillarbox/update-keys/ours.pem").write_bytes(PUBLIC.read_bytes())
    return made


def install(on, update, *options, **more):
    (on.root / "update").write_bytes(update)
    return on.update("install", *options, "/update", **more)


def changed(update, at, length=1):
    return update[:at] + bytes(octet ^ 1 for octet in update[at:at + length]) + update[at + length:]


def holds(on, slot, update):
    """Whether a slot has all of an update."""
    return (on.device(f"kernel-{slot}").read_bytes(), on.device(f"root-{slot}").read_bytes()) == parts(update)


OURS, PUBLIC = key("ours")
THEIRS, THEIR_PUBLIC = key("theirs")
BEFORE, RUNNING = build("before", "0.1.0"), build("running", "0.2.0")
GOOD = build("good", signed_by=OURS)
OLDER = build("older", "0.2.0~rc1", OURS)
FOREIGN = build("foreign", signed_by=THEIRS)
UNSIGNED = build("unsigned")
NO_VERSION = GOOD[:4096].replace(b"version 0.2.1\n", b"").ljust(4096, b"\0") + GOOD[4096:]
OTHER_KERNEL = GOOD[:4096] + parts(FOREIGN)[0] + parts(GOOD)[1]

REFUSED = (
    ("an older version", OLDER, (), "older version may have faults"),
    ("a version made newer by hand", GOOD.replace(b"0.2.1", b"9.9.9", 1), (), "was changed after it was signed"),
    ("a version taken out", NO_VERSION, (), "was changed after it was signed"),
    ("a smaller kernel", GOOD.replace(b"kernel 6 ", b"kernel 5 ", 1), (), "was changed after it was signed"),
    ("a foreign signature", FOREIGN, (), "which this card does not trust. If the key is your own, run \"pillarbox-update trust"),
    ("a foreign signature, -allow-unsigned", FOREIGN, ("-allow-unsigned",), "which this card does not trust"),
    ("no signature", UNSIGNED, (), "not signed"),
    ("no signature, -allow-older", UNSIGNED, ("-allow-older",), "not signed"),
    ("an older version, -allow-unsigned", OLDER, ("-allow-unsigned",), "older version may have faults"),
    ("another kernel", OTHER_KERNEL, (), "damaged: nothing was written"),
    ("one octet of the root", changed(GOOD, len(GOOD) - 5000), (), "damaged: nothing was written"),
    ("one octet of the kernel", changed(GOOD, 2 * 4096), (), "damaged: nothing was written"),
    ("the end cut off", GOOD[:-4096], (), "damaged: nothing was written"),
    ("half of the first page", GOOD[:2000], (), "cut short"),
    ("no update at all", b"\x7fELF" * 3000, (), "this is not an update"),
    ("nothing", b"", (), "this is not an update"),
    ("another board", build("board", signed_by=OURS, board="raspberrypi2"), (), "for the board"),
)


def refusals():
    on = card()
    before = on.digest()
    for name, update, options, reason in REFUSED:
        ran = install(on, update, *options)
        if ran.returncode != 1 or reason not in ran.stdout:
            raise SystemExit(f"{name}: exit code {ran.returncode}, {ran.stdout!r}, wanted {reason!r}")
        expect(f"{name}: the card", on.digest(), before)
        print(f"refused, {name}: {ran.stdout.strip().removeprefix('pillarbox-update: ')}")
    expect("an update on standard input that is damaged", piped(on, changed(GOOD, len(GOOD) - 5000)).returncode, 1)
    expect("after it: on trial", on.proved(), "a")
    expect("after it: slot", on.boot(), "a")


def piped(on, update):
    (on.root / "update").write_bytes(update)
    with subprocess.Popen(["cat", on.root / "update"], stdout=subprocess.PIPE) as pipe:
        return on.update("install", "-", stdin=pipe.stdout)


def lives(on, update):
    """A card with an update on trial: it is started, proves itself and stays."""
    expect("the slot on trial", on.boot(), "b")
    expect("the slot on trial is the update", holds(on, "b", update), True)
    mark = on.root / "run/pillarbox-on-trial"
    expect("mark", (on.update("mark").returncode, mark.exists()), (0, True))
    gate = on.update("gate")
    expect("the mark after the trial", mark.exists(), False)
    expect("mark without a trial", (on.update("mark").returncode, mark.exists()), (0, False))
    expect("gate", (gate.returncode, on.proved()), (0, "b"))
    expect("the slot of the next start", on.boot(), "b")


def accepted():
    for name, update, options in (
        ("a good one", GOOD, ()), ("the version that runs", build("same", "0.2.0", OURS), ()),
        ("an older one, -allow-older", OLDER, ("-allow-older",)), ("an unsigned one, -allow-unsigned", UNSIGNED, ("-allow-unsigned",)),
    ):
        on = card()
        ran = install(on, update, *options)
        expect(f"{name}: {ran.stdout!r}", ran.returncode, 0)
        lives(on, update)
        print(f"installed, {name}")
    on = card()
    expect("a good one on standard input", piped(on, GOOD).returncode, 0)
    lives(on, GOOD)


def trust():
    on = card()
    (on.root / "key.pem").write_bytes(THEIRS.read_bytes())
    ran = on.update("trust", "/key.pem")
    expect(f"a private key to trust: {ran.stdout!r}", (ran.returncode, "private key" in ran.stdout), (1, True))
    expect("keys of one's own", list(on.root.glob("data/etc/update-keys/*")), [])
    (on.root / "key.pem").write_bytes(THEIR_PUBLIC.read_bytes())
    expect("trust", on.update("trust", "/key.pem").returncode, 0)
    for update in (FOREIGN, GOOD):
        expect("an update by a key of one's own", install(on, update).returncode, 0)
    lives(on, GOOD)
    said = on.update("status").stdout
    expect(f"status: {said!r}", "version 0.2.0, trusted keys:" in said and "running b, proved b, on trial none" in said, True)
    print("installed, one of a key that the owner trusts")


def fall_back():
    """An update that never proves itself gives way, with and without its own gate to say so."""
    for hangs in (False, True):
        on = card()
        expect("install", install(on, GOOD).returncode, 0)
        on.healthy(False)
        (on.root / "data/etc/update-patience").write_text("100\n200\n")  # the first line counts
        expect("first start", on.boot(), "b")
        if hangs:
            expect("second start", on.boot(), "b")
        else:
            on.update("gate")
            expect("the board restarts", (on.root / "run/reboot").exists(), True)
        expect("the start after", on.boot(), "a")
        on.update("gate")
        expect("proved", on.proved(), "a")
        expect("slot a", holds(on, "a", RUNNING), True)
    print("an update that fails its health checks gives way to the older version")


def release1():
    on = card(RELEASE1)
    ran = install(on, GOOD)
    expect(f"release 1 with a signed update: {ran.stdout!r}", ran.returncode, 0)
    (on.root / "usr/sbin/pillarbox-update").write_bytes(SCRIPT.read_bytes())  # that of slot b
    lives(on, GOOD)
    print("installed, by release 1")


def first_boot():
    """S10data formats the partition of the mail when it is empty, and not when it cannot be read."""
    for name, content, formatted in (("empty", bytes(1 << 20), True), ("used", bytes(1024) + b"superblock" + bytes(1 << 20), False), ("unreadable", None, False)):
        on = card()
        ran = on.first_boot(content)
        done = (on.root / "run/tools").read_text().split()
        expect(f"{name}: formatted, of {done}, {ran.stdout!r}", "mkfs.f2fs" in done, formatted)
        expect(f"{name}: mounted", ran.returncode == 0, content is not None)
    print("a partition of the mail that is not empty, or cannot be read, is not formatted")


def worn_out():
    """A card that takes no more writes: the reason is given, and the system that runs stays."""
    for write in range(1, 5):
        on = card()
        ran = install(on, GOOD, cut=write, power="fail")
        expect(f"write {write} fails: {ran.stdout!r}", (ran.returncode, "write error on /dev/" in ran.stdout), (1, True))
        expect(f"write {write} fails: the slot of the next start", on.boot(), "a")
    ran = on.update("install", "/etc")
    expect(f"a directory: {ran.stdout!r}", (ran.returncode, "read error" in ran.stdout), (1, True))
    print("a card that takes no writes is named")


def one_at_a_time():
    on = card()
    with subprocess.Popen(["sleep", "600"]) as other:
        (on.root / "run/pillarbox-update.lock").symlink_to(str(other.pid))
        ran = install(on, GOOD)
        other.kill()
    expect(f"beside another: {ran.stdout!r}", (ran.returncode, "another pillarbox-update runs" in ran.stdout), (1, True))
    expect("after the other was killed", install(on, GOOD).returncode, 0)


def recovered(on, cut, half=True):
    """After a cut: what starts is whole, and the update can be installed and stays."""
    where = f"{cut}, half written: {half}"
    slot = on.boot()
    expect(f"{where}: slot {slot} is whole", holds(on, slot, RUNNING if slot == "a" else GOOD), True)
    on.update("gate")
    expect(f"{where}: it stays", on.proved(), slot)
    if slot == "a" and half:
        ran = install(on, GOOD)
        expect(f"{where}: installed again: {ran.stdout!r}", ran.returncode, 0)
        lives(on, GOOD)


def cuts():
    done = 0
    for half in (False, True):
        write, cut = 1, True
        while cut:
            on = card()
            cut = install(on, GOOD, cut=write, half=half).returncode != 0
            recovered(on, f"install, write {write}", half)
            write, done = write + 1, done + cut
        expect("writes of install", write - 2, 4)
        # The gate of the slot on trial, which stays, and of the other, which takes over.
        for slot in ("a", "b"):
            on = card()
            install(on, GOOD)
            expect("on trial", (on.boot(), on.boot())[0], "b")
            if slot == "a":
                expect("given way", on.boot(), "a")
            expect("gate", on.update("gate", cut=1, half=half).returncode != 0, True)
            recovered(on, f"gate of slot {slot}", half)
            done += 1
    on = card()
    install(on, GOOD)
    expect("cut while the trial is counted", on.boot(torn=True), None)
    recovered(on, "the count of the trial")
    print(f"{done + 1} power cuts: what starts is whole each time, and the update can be installed after")


for test in (refusals, accepted, trust, fall_back, release1, first_boot, worn_out, one_at_a_time, cuts):
    if test.__name__ in (sys.argv[3:] or [test.__name__]):
        test()
