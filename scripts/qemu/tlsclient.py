#!/usr/bin/env python3
# tlsclient.py MESSAGES: what no mail client does, over TLS on port $POP3S_PORT, to the account
# $ACCOUNT, whose mailbox has large messages: new keys, half-closed and reset connections, damaged
# records, and downloads that stall for $STALL seconds. Each must end as it does over TLS of the
# process. $ANSWERS requests for new keys must be answered, if it is set. Prints a line for each.
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

env = os.environ
PORT, PLAIN = int(env["POP3S_PORT"]), int(env["POP3_PORT"])
context = ssl.create_default_context(cafile=env["CA"])
PATIENCE = 300  # the guest is slow


class Session:
    """A session that is logged in, over TLS or plain."""

    def __init__(self, secure=True):
        self.raw = socket.create_connection(("localhost", PORT if secure else PLAIN), PATIENCE)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        self.conn = context.wrap_socket(self.raw, server_hostname="localhost", suppress_ragged_eofs=False) if secure else self.raw
        self.rest = b""
        self.line()
        for word in ("USER " + env["ACCOUNT"], "PASS " + env["PASSWORD"]):
            self.say(word)
            reply = self.line()
            if not reply.startswith(b"+OK"):
                sys.exit("the login was answered by %r" % reply)

    def say(self, line):
        self.conn.sendall(line.encode() + b"\r\n")

    def line(self):
        while b"\r\n" not in self.rest:
            self.more()
        line, self.rest = self.rest.split(b"\r\n", 1)
        return line

    def more(self):
        octets = self.conn.recv(65536)
        if not octets:
            raise EOFError(self.rest)
        self.rest += octets

    def message(self):
        """Returns a multi-line reply without its first line."""
        self.line()
        while not self.rest.endswith(b"\r\n.\r\n"):
            self.more()
        text, self.rest = self.rest, b""
        return text

    def close(self):
        self.conn.close()


def stored():
    """Returns message 1 as a plain session gets it."""
    plain = Session(secure=False)
    plain.say("RETR 1")
    text = plain.message()
    plain.close()
    return text


def handed_over():
    """Returns a session that has fetched a large message."""
    session = Session()
    session.say("RETR 1")
    check(session.message() == want, "a large message is what a plain session gets")
    return session


def check(holds, what):
    if not holds:
        sys.exit("FAIL " + what)


def keys():
    """OpenSSL asks for new keys between two messages, and for new keys of its own."""
    log = tempfile.NamedTemporaryFile("r")
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", "localhost:%d" % PORT, "-CAfile", env["CA"], "-crlf", "-verify_quiet",
         "-msg", "-msgfile", log.name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    rest = [b""]

    def until(text):
        while text not in rest[0]:
            octets = client.stdout.read1(65536)
            check(octets, "s_client ended: %r" % rest[0][-300:])
            rest[0] += octets
        before, rest[0] = rest[0].split(text, 1)
        return before

    def say(line):
        client.stdin.write(line.encode() + b"\n")
        client.stdin.flush()

    until(b"server ready\r\n")
    # s_client takes lines that begin with K, k, Q or R for commands of its own.
    for line in ("user " + env["ACCOUNT"], "pass " + env["PASSWORD"]):
        say(line)
        until(b"+OK")
        until(b"\r\n")
    for command in ("", "K", "k", "K"):
        if command:
            say(command)
            until(b"KEYUPDATE\n")
        say("retr 1")
        until(b"octets\r\n")
        check(until(b"\r\n.\r\n") + b"\r\n.\r\n" == want, "a message after %r" % command)
    say("quit")
    until(b"+OK")
    client.stdin.close()
    client.wait()
    answers = sum(line.startswith("<<<") and "KeyUpdate" in line for line in log)
    check(answers == int(env.get("ANSWERS", answers)), "%d requests for new keys were answered" % answers)


def half_closed():
    """A client that will send no more gets what it has asked for."""
    session = handed_over()
    session.say("RETR 1")
    session.raw = session.conn
    socket.socket.shutdown(session.conn, socket.SHUT_WR)
    check(session.message() == want, "the message after a half-close")
    session.close()


def closed():
    """QUIT is followed by close_notify: Python would raise an error without."""
    session = handed_over()
    session.say("QUIT")
    session.line()
    check(session.conn.recv(1) == b"", "the end after QUIT")
    session.close()


def pipelined():
    """A slow client that has sent QUIT with RETR gets all of it, and the end."""
    session = handed_over()
    session.conn.sendall(b"RETR 1\r\nQUIT\r\n")
    time.sleep(3)
    session.line()
    while b"\r\n.\r\n" not in session.rest:
        session.more()
    text, session.rest = session.rest.split(b"\r\n.\r\n", 1)
    check(text + b"\r\n.\r\n" == want, "the message before QUIT")
    check(session.line().startswith(b"+OK"), "the reply to QUIT")
    check(session.conn.recv(1) == b"", "the end after QUIT")
    session.close()


def reset():
    """A client that is gone in the middle of a record harms nobody."""
    session = handed_over()
    session.say("RETR 1")
    session.conn.recv(100)
    session.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    session.close()
    handed_over().close()


def damaged():
    """A damaged record is answered by the alert bad_record_mac."""
    session = handed_over()
    socket.socket.send(session.conn, b"\x17\x03\x03\x00\x20" + b"x" * 32)
    try:
        session.conn.recv(1)
    except ssl.SSLError as error:
        check("BAD_RECORD_MAC" in str(error).upper().replace(" ", "_"), "the alert is %s" % error)
    else:
        check(False, "no alert")
    session.close()


def stalled():
    """A download that stalls for long continues where it was."""
    session = handed_over()
    session.say("RETR 1")
    time.sleep(int(env["STALL"]))
    check(session.message() == want, "the message after a stall")
    session.say("NOOP")
    check(session.line().startswith(b"+OK"), "a command after a stall")
    session.close()


want = stored()
for case in (closed, keys, half_closed, pipelined, reset, damaged, stalled):
    case()
    print("PASS %-12s %s" % (case.__name__, case.__doc__.splitlines()[0]), flush=True)
