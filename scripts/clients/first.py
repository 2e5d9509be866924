#!/usr/bin/env python3
# first.py STATE deliver       reads STATE/first-login as a person would, sends a mail and fetches
# it
#                              over TLS; prints what is needed to look again
# first.py STATE again WORDS   looks again: the same mail under the same unique-id, and no other
import hashlib
import os
import poplib
import re
import smtplib
import ssl
import sys

LETTER = b"From: anna@home.arpa\r\nSubject: first\r\n\r\n.one dot\r\n..\r\nend\r\n"


def told(block):
    """Returns address, user, password, server, POP3 port, SMTP port, fingerprint as shown."""
    text = re.sub(r"\s*\|\n\|?\s*", "\n", block)
    fields = [re.search(label + r" +(\S+)", text)[1] for label in ("Address", "User name", "Password", "Server")]
    ports = [int(re.search(label + r".*?port (\d+) with SSL", text)[1]) for label in ("Incoming", "Outgoing")]
    return fields + ports + [re.sub(r"[^0-9A-F]", "", "".join(re.findall(r"(?:[0-9A-F]{2}:){8,}(?:[0-9A-F]{2})?", text)))]


def trusting(state):
    return ssl.create_default_context(cafile=state + "/certs/ca.crt")


def fetch(state, user, password, server, port):
    """Returns the unique-id and the only mail."""
    box = poplib.POP3_SSL(server, int(port), context=trusting(state))
    box.user(user)
    box.pass_(password)
    assert box.stat()[0] == 1, box.stat()
    uid = box.uidl()[1][0].split()[1].decode()
    mail = b"".join(line + b"\r\n" for line in box.retr(1)[1])
    certificate = box.sock.getpeercert(binary_form=True)
    box.quit()
    assert mail.endswith(b"\r\n" + LETTER), mail
    return uid, certificate


def deliver(state):
    with open(state + "/first-login") as f:
        address, user, password, server, pop3, smtp, fingerprint = told(f.read())
    with smtplib.SMTP_SSL(server, smtp, context=trusting(state)) as box:
        box.login(user, password)
        box.sendmail("anna@home.arpa", [address], LETTER)
    uid, certificate = fetch(state, user, password, server, pop3)
    shown = hashlib.sha256(certificate).hexdigest().upper()
    assert shown == fingerprint, "fingerprint is %s, told was %s" % (shown, fingerprint)
    assert not os.path.exists(state + "/first-login"), "first-login is still there after a login"
    print(user, password, server, pop3, uid)


def again(state, words):
    user, password, server, pop3, uid = words.split()
    now, _ = fetch(state, user, password, server, pop3)
    assert now == uid, "unique-id was %s and is %s" % (uid, now)


{"deliver": deliver, "again": again}[sys.argv[2]](sys.argv[1], *sys.argv[3:])
