#!/usr/bin/env python3
# alpine.py plain|stls|tls keep|delete OUT
#
# Alpine, which reads mail where it lies: it is typed at on a terminal of its own. All messages are
# selected and saved into an mbox (RETR), which marks them as deleted unless they are to be kept,
# and DELE is for those when Alpine ends.
import os
import pty
import re
import sys

ENV = os.environ
tls, disposal, out = sys.argv[1:]
port, how = {
    "plain": ("POP3_PORT", "/notls"),
    "stls": ("POP3_PORT", "/tls"),
    "tls": ("POP3S_PORT", "/ssl"),
}[tls]
folder = "{%s:%s/pop3/user=%s%s}INBOX" % (ENV["HOST"], ENV[port], ENV["ACCOUNT"], how)
features = ["enable-aggregate-command-set", "auto-open-next-unread", "expunge-without-confirm",
            "expunge-without-confirm-everywhere", "quit-without-confirm", "save-will-advance"]
if disposal == "keep":
    features.append("save-will-not-delete")
with open(ENV["HOME"] + "/pinerc", "w") as f:
    f.write("inbox-path=%s\nfeature-list=%s\nuser-domain=home.arpa\nlast-version-used=9.99\n" % (folder, ",".join(features)))
    f.write("folder-collections=Mail %s/[]\nnew-version-threshold=9.99\n" % ENV["HOME"])

pid, screen = pty.fork()
if pid == 0:
    ENV.update(TERM="vt100", SSL_CERT_FILE=ENV["CA"], LINES="24", COLUMNS="80", LC_ALL="C")
    os.execvp("alpine", ["alpine", "-p", ENV["HOME"] + "/pinerc", "-i"])


def type_after(text, keys):
    """Types keys once the text is on the screen; clients.sh ends what takes too long."""
    seen = b""
    while text not in re.sub(rb"\s+", b" ", re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()].|[\x0e\x0f]", b" ", seen)):
        try:
            seen += os.read(screen, 65536)
        except OSError:
            sys.exit("Alpine has ended without %r: %r" % (text, seen[-400:]))
    os.write(screen, keys)


type_after(b"PASSWORD", ENV["PASSWORD"].encode() + b"\r")
type_after(b"Preserve password", b"n")
type_after(b"opened with", b";")  # select
type_after(b"SELECT criteria", b"a")  # all
type_after(b"messages selected", b"a")  # apply to them
type_after(b"APPLY command", b"s")  # save
type_after(b"to folder", b"saved\r")
type_after(b"Create?", b"y")
type_after(b"messages saved", b"q")
try:
    while os.read(screen, 65536):
        pass
except OSError:  # the terminal is closed
    pass
if os.waitpid(pid, 0)[1]:
    sys.exit("Alpine has failed")

# The mbox is taken back to what was fetched: its first message says what program made it, each
# header ends with the state of the message, and a body line is quoted that could begin a message.
with open(ENV["HOME"] + "/saved", "rb") as f:
    mails = re.split(rb"(?m)^From \S+ \w{3} \w{3} +\d+ [0-9:]{8} \d{4}.*\n", f.read())[2:]
for number, mail in enumerate(mails):
    header, _, body = mail.partition(b"\n\n")
    header = re.sub(rb"\n(Status|X-Status|X-Keywords|X-UID):.*", b"", header)
    with open("%s/%03d" % (out, number), "wb") as f:
        f.write(header + b"\n\n" + body.removesuffix(b"\n").replace(b"\n>From x ", b"\nFrom x "))
