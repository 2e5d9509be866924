#!/usr/bin/env python3
# letters.py DIR: writes the letters that the clients have to carry.
#
# DIR/text/NAME  CRLF lines, as any sending program can be given them
# DIR/long/NAME  the same, with lines above 998 octets
# DIR/raw/NAME   bytes that only a careless sender puts on the wire (bare LF, stray CR)
# DIR/huge/NAME  a line too long for some fetchers
# DIR/large/NAME 10 MiB: more chunks than a session may send commands
# DIR/want/NAME  what a POP3 client must be given for it, below the trace header
import os
import sys

HEAD = (b"From: Anna <anna@home.arpa>\r\nTo: box@home.arpa\r\n"
        b"Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nMessage-ID: <%s@home.arpa>\r\n"
        b"Subject: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n")


def lines(*body):
    return b"".join(line + b"\r\n" for line in body)


def head(name):
    return HEAD % (name.encode(), name.encode())


# The body below the blank line; None: the letter ends with its last header field.
TEXT = {
    "dots": lines(b".", b"..", b"...", b".hidden", b"..twice", b"a.", b". ", b"", b".", b"."),
    "dots-after-blank": lines(b"", b".", b"", b"..", b""),
    "eight-bit": lines("Grüße, 郵便ポスト, 🏤".encode(), bytes(range(0xA0, 0x100)), b"tab\there"),
    "header-only": None,
    "empty-body": b"",
    "blank-lines": lines(b"", b"", b"", b"text", b"", b""),
    "from-line": lines(b"From here it looks like an mbox", b">From quoted", b"", b"From x Tue Nov 24 12:00:00 2026", b"end"),
    "looks-like-replies": lines(b"+OK 1 2", b"-ERR no", b"250 ok", b"QUIT", b".\t", b"RSET"),
    "trailing-space": lines(b"space ", b"tab\t", b" ", b"\t", b"-- ", b"end"),
    # 73 octets a line.
    "one-mebibyte": b"".join(b"%06d %s\r\n" % (n, b"0123456789abcdef" * 4) for n in range(14365)),
}

# Lines above the 998 octets of RFC 5321, which some senders fold.
LONG = {"long-lines": lines(b"x" * 998, b"y" * 1100, b"z" * 5000, b"end")}

# Sent as it stands, and what a POP3 client gets for it. A line end that is not CRLF
# never ends the mail, and a dot behind it was never stuffed.
RAW = {
    "bare-lf": (b"one\ntwo\n.\nthree\n.four\nfive\r\n", lines(b"one", b"two", b".", b"three", b".four", b"five")),
    "smuggled-end": (b"a\n.\r\nb\n.\n\r\nMAIL FROM:<x@y>\r\n", lines(b"a", b".", b"b", b".", b"", b"MAIL FROM:<x@y>")),
    "stray-cr": (b"a\rb\r\nc\r\rd\r\n", lines(b"a b", b"c  d")),
}

# Longer than any buffer: fetchmail 6.4 puts octets of its own into a line above 8 KiB.
HUGE = b"<" + b"h" * 200000 + b">\r\n"


LARGE = b"".join(b"%06d %s\r\n" % (n, b"0123456789abcdef" * 4) for n in range(143640))


def write(folder, name, content):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(content)


def main(out):
    for kind, letters in ("/text", TEXT), ("/long", LONG):
        for name, body in letters.items():
            letter = head(name) + (b"" if body is None else b"\r\n" + body)
            write(out + kind, name, letter)
            write(out + "/want", name, letter)
    for name, (sent, want) in RAW.items():
        write(out + "/raw", name, head(name) + b"\r\n" + sent)
        write(out + "/want", name, head(name) + b"\r\n" + want)
    for kind in "/huge", "/want":
        write(out + kind, "huge-line", head("huge-line") + b"\r\n" + HUGE)
    for kind in "/large", "/want":
        write(out + kind, "ten-mebibytes", head("ten-mebibytes") + b"\r\n" + LARGE)


main(sys.argv[1])
