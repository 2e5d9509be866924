#!/usr/bin/env python3
# wire.py send FILE RCPT...    hands one letter, byte for byte, to the SMTP port for all RCPT
# wire.py stuff FILE           prints the letter as it crosses the wire, up to the last dot
# wire.py fetch OUT            writes the messages of $ACCOUNT to OUT/NNN by RETR, and checks that
#                              each has as many octets as LIST said
# wire.py uids                 prints the unique-ids of $ACCOUNT
#
# The reference that the real clients are held against: no mail library touches the bytes.
# Takes HOST, SMTP_PORT, POP3_PORT, ACCOUNT and PASSWORD from the environment.
import os
import socket
import sys

ENV = os.environ


class Wire:
    def __init__(self, port):
        self.socket = socket.create_connection((ENV["HOST"], int(ENV[port])), timeout=60)
        self.file = self.socket.makefile("rb")

    def ask(self, command, want):
        if command is not None:
            self.socket.sendall(command + b"\r\n")
        line = self.file.readline()
        while line[3:4] == b"-" and line[:3].isdigit():
            line = self.file.readline()
        if not line.startswith(want):
            sys.exit("wire: %r was answered %r" % (command, line))
        return line

    def block(self):
        """Yields the lines of a multi-line reply, unstuffed."""
        while (line := self.file.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                sys.exit("wire: line without CRLF: %r" % line[-40:])
            yield line[1:] if line.startswith(b".") else line


def stuffed(path):
    """Doubles the dots that begin a CRLF line: what ends in LF alone is no line on the wire."""
    with open(path, "rb") as f:
        return (b"\r\n" + f.read()).replace(b"\r\n.", b"\r\n..")[2:] + b"."


def stuff(path):
    sys.stdout.buffer.write(stuffed(path))


def send(path, *recipients):
    smtp = Wire("SMTP_PORT")
    smtp.ask(None, b"220")
    smtp.ask(b"EHLO wire.home.arpa", b"250")
    smtp.ask(b"MAIL FROM:<anna@home.arpa> BODY=8BITMIME", b"250")
    for recipient in recipients:
        smtp.ask(b"RCPT TO:<%s>" % recipient.encode(), b"250")
    smtp.ask(b"DATA", b"354")
    smtp.ask(stuffed(path), b"250")
    smtp.ask(b"QUIT", b"221")


def login():
    pop3 = Wire("POP3_PORT")
    pop3.ask(None, b"+OK")
    pop3.ask(b"USER " + ENV["ACCOUNT"].encode(), b"+OK")
    pop3.ask(b"PASS " + ENV["PASSWORD"].encode(), b"+OK")
    return pop3


def listing(pop3, verb):
    pop3.ask(verb, b"+OK")
    return [line.split() for line in pop3.block()]


def fetch(out):
    os.makedirs(out, exist_ok=True)
    pop3 = login()
    for number, octets in listing(pop3, b"LIST"):
        pop3.ask(b"RETR " + number, b"+OK")
        letter = b"".join(pop3.block())
        if len(letter) != int(octets):
            sys.exit("wire: message %d has %d octets, LIST says %d" % (int(number), len(letter), int(octets)))
        with open("%s/%03d" % (out, int(number)), "wb") as f:
            f.write(letter)
    pop3.ask(b"QUIT", b"+OK")


def uids():
    pop3 = login()
    for _, uid in listing(pop3, b"UIDL"):
        print(uid.decode())
    pop3.ask(b"QUIT", b"+OK")


{"send": send, "stuff": stuff, "fetch": fetch, "uids": uids}[sys.argv[1]](*sys.argv[2:])
