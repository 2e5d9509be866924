#!/usr/bin/env python3
"""release1.py BINARY [FILE]: makes the state directory of release 1 that TestRelease1 (cmd/pillarbox) starts from.

BINARY is a pillarbox of release 1 (commit 4a980eb); FILE is cmd/pillarbox/testdata/release1.tar.gz.gz unless it is named. The archive has

  state/            all that release 1 kept: accounts with names and a password that are no longer accepted for new ones, an authority without
                    name constraints, forty device views, a bin, and more messages than the index may have in service.memory = "32MiB"
  pillarbox.toml    every key of release 1; @...@ is filled in by the test
  manifest.json     what release 1 answered: the messages of each account and device, and a digest of each message

Keys, times and unique-ids differ from run to run; names, counts and messages do not.
"""
import concurrent.futures
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Accounts and messages to all of them: 560,000 entries, at 15 octets each a quarter of 32 MiB.
FILLERS, FILLS = 280, 2000
SENDERS = 20
DEVICES = 40
# Accounts with a mailbox of their own: name and password.
ACCOUNTS = {"anna": "royal mail 1840", "berta": "penny black 1841", "..": "two dots 1842", "-x": "a hyphen 1843", ".a": "one dot 1844", "short": "abc"}
FILLER_PASSWORD = "inverted jenny 1918"

CONFIG = """\
hostname = "mail.home.arpa"
domains = ["home.arpa", "family.example"]
state = "@STATE@"
allow = ["private", "100.64.0.0/10"]

[pop3]
listen = ["127.0.0.1:0"]
listen_tls = ["127.0.0.1:0"]
plaintext_auth = "always"
lock = "exclusive"
login_delay = "0s"

[smtp]
listen = ["127.0.0.1:0"]
listen_tls = ["127.0.0.1:0"]
listen_lmtp = ["unix:@SOCKET@"]
plaintext_auth = "private"
require_auth = "submission"
own_address = true
max_message = "1MiB"

[tls]
cert = "@CERT@"
key = "@KEY@"

[spool]
capacity = "64MiB"
slot = "1MiB"
volatile = true

[retention]
keep_days = 99999
keep_days_after_fetch = 99999
bin_days = 99999
mailbox_share = "60%"

[retention.accounts.anna]
keep_days = 99999
keep_days_after_fetch = 99999
bin_days = 99999
mailbox_share = "50%"
quota = "8MiB"

[aliases]
everybody = [@FILLERS@]
"*" = ["anna"]

[watchdog]
device = "none"
timeout = "30s"

[log]
level = "info"

[service]
memory = "32MiB"
user = "@USER@"
confine = true
"""


class Conn:
    """A connection of POP3 or LMTP."""

    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(60)
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self):
        while True:
            line = self.file.readline()
            if line[:3].isdigit() and line[3:4] == b"-":
                continue
            if not line.startswith((b"+OK", b"2", b"3")):
                sys.exit(f"release1.py: refused: {line!r}")
            return line

    def say(self, *lines):
        self.socket.sendall(b"".join(lines))

    def ask(self, command):
        self.say(command.encode(), b"\r\n")
        return self.reply()

    def block(self, command):
        self.ask(command)
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            lines.append(line)
        return lines


class Box:
    """A release 1 with its state in a directory."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.process = binary, folder, None

    def configure(self, text):
        (self.folder / "run.toml").write_text(text)

    def run(self, *words, **more):
        return subprocess.run([self.binary, *words], check=True, capture_output=True, **more).stdout

    def add(self, name, password):
        self.run("user", "add", "-config", self.folder / "run.toml", "--", name, input=password.encode() + b"\n")

    def start(self):
        log = self.folder / "log"
        with log.open("w") as out:
            self.process = subprocess.Popen([self.binary, "serve", "-config", self.folder / "run.toml"], stderr=out)
        while " ready " not in (said := log.read_text()):
            if self.process.poll() is not None:
                sys.exit("release1.py: it does not start:\n" + said)
            time.sleep(0.05)
        self.pop3 = ("127.0.0.1", int(re.search(r"listening key=pop3\.listen at=127\.0\.0\.1:(\d+)", said)[1]))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if code := self.process.wait():
            sys.exit(f"release1.py: it ended with {code}")

    def login(self, name, password):
        conn = Conn(self.pop3)
        conn.ask("UTF8")  # no header is rewritten
        conn.ask("USER " + name)
        conn.ask("PASS " + password)
        return conn

    def deliver(self, recipient, *messages):
        """Hands over messages by LMTP, in chunks (RFC 3030), all of them at once."""
        conn = Conn(str(self.folder / "lmtp.sock"))
        conn.ask("LHLO release1.home.arpa")
        for at in range(0, len(messages), 20):
            some = messages[at:at + 20]
            for message in some:
                conn.say(b"MAIL FROM:<>\r\nRCPT TO:<%s>\r\nBDAT %d LAST\r\n" % (recipient.encode(), len(message)), message)
            for _ in range(3 * len(some)):
                conn.reply()


def letters():
    """Messages whose octets are easily lost: a dot alone, no body, no line end, a long line, eight bits, 80 KiB."""
    head = b"From: Release One <one@home.arpa>\r\nSubject: "
    return [
        head + b"short\r\n\r\nHello.\r\n",
        head + b"dots\r\n\r\n.\r\n..\r\n.a\r\nend\r\n",
        head + b"no body\r\n",
        head + b"no line end\r\n\r\nthe last line",
        head + b"a long line\r\n\r\n" + b"x" * 5000 + b"\r\n",
        head + "Grüße\r\n\r\nJörg läßt grüßen.\r\n".encode(),
        head + b"large\r\n\r\n" + b"0123456789abcdef0123456789abcdef0123456789abcdef\r\n" * 1600,
        b"\r\n",
    ]


def listing(conn):
    """What a session sees: unique-id, octets and digest of each message as it crosses the wire."""
    uids = [line.split()[1].decode() for line in conn.block("UIDL")]
    sizes = [int(line.split()[1]) for line in conn.block("LIST")]
    return [{"uid": uid, "octets": octets, "sha256": hashlib.sha256(b"".join(conn.block(f"RETR {n}"))).hexdigest()}
            for n, (uid, octets) in enumerate(zip(uids, sizes), 1)]


def fill(box):
    """Gives each account its messages, makes the views and the bin, and then the many."""
    for name in ACCOUNTS:
        box.deliver(f'"{name}"@home.arpa' if name.startswith(".") else f"{name}@home.arpa", *letters())
    for n in range(1, DEVICES + 1):  # what a device deletes is hidden from it alone
        conn = box.login(f"anna+phone{n}", ACCOUNTS["anna"])
        conn.block("RETR 1")
        for hidden in range(1, 4 + n % 4):
            conn.ask(f"DELE {hidden}")
        conn.ask("QUIT")
    conn = box.login("berta", ACCOUNTS["berta"])
    for n in (1, 2, 3):
        conn.ask(f"DELE {n}")
    conn.ask("QUIT")  # into the bin
    # Many at a time share a flush, and its padding.
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as senders:
        for sent in [senders.submit(box.deliver, "everybody@home.arpa", *[b"\r\n"] * (FILLS // SENDERS)) for _ in range(SENDERS)]:
            sent.result()


def manifest(box):
    views = {name: password for name, password in ACCOUNTS.items()}
    views |= {f"anna+phone{n}": ACCOUNTS["anna"] for n in range(1, DEVICES + 1)}
    answered = []
    for name, password in views.items():
        conn = box.login(name, password)
        answered.append({"login": name, "password": password, "messages": listing(conn)})
        conn.ask("QUIT")
    binned = box.run("user", "restore", "-config", box.folder / "run.toml", "-list", "berta").decode()
    return {"views": answered, "binned": binned.splitlines(),
            "fillers": {"accounts": FILLERS, "messages": FILLS, "password": FILLER_PASSWORD}}


def pack(folder, file):
    """Archives with nothing of this machine in it."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            info = tar.gettarinfo(path, str(path.relative_to(folder)))
            if not (info.isfile() or info.isdir()):
                continue
            info.uid = info.gid = info.mtime = 0
            info.uname = info.gname = ""
            tar.addfile(info, path.open("rb") if info.isfile() else None)
    # Compressed twice: the entries are so much alike that what gzip makes of them is, too.
    pathlib.Path(file).write_bytes(gzip.compress(gzip.compress(raw.getvalue(), 9, mtime=0), 9, mtime=0))
    print(f"{file}: {os.path.getsize(file)} octets")


def main(binary, file=ROOT / "cmd/pillarbox/testdata/release1.tar.gz.gz"):
    binary = os.path.abspath(binary)
    with tempfile.TemporaryDirectory(prefix="release1-") as name:
        box, made = Box(binary, pathlib.Path(name)), pathlib.Path(name) / "made"
        made.mkdir()
        fillers = ", ".join(f'"filler{n}"' for n in range(1, FILLERS + 1))
        text = CONFIG.replace("@FILLERS@", fillers)
        # To make it: the authority of its own, more memory, and no other user.
        running = re.sub(r"\[tls\]\ncert = .*\nkey = .*\n", "", text).replace('memory = "32MiB"\nuser = "@USER@"', 'memory = "128MiB"')
        box.configure(running.replace("@STATE@", str(made / "state")).replace("@SOCKET@", name + "/lmtp.sock"))
        for account, password in ACCOUNTS.items():
            box.add(account, password)
        for n in range(1, FILLERS + 1):
            box.add(f"filler{n}", FILLER_PASSWORD)
        try:
            box.start()
            fill(box)
            box.stop()
            box.start()
            answered = manifest(box)
            box.stop()
        finally:
            box.process.kill()
        for left in ("first-login", "control"):
            (made / "state" / left).unlink(missing_ok=True)
        (made / "pillarbox.toml").write_text(text)
        (made / "manifest.json").write_text(json.dumps(answered, indent=1, ensure_ascii=False) + "\n")
        pack(made, file)


if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
main(*sys.argv[1:])
