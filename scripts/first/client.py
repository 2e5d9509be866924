"""client.py: what a new user does with mail clients.

  client.py STATE NAME PASSWORD N      logs in as NAME by POP3 over TLS, and finds N messages
  client.py STATE shown                holds what pillarbox setup shows (standard input) against the server
  client.py STATE printer RECIPIENT    is a printer, and is refused
  client.py STATE phone CA             connects to each TLS port by TLS 1.2 and trusts only CA; '' is what
                                       a phone trusts
  client.py STATE openssl CA           the same by TLS 1.3, as a program with OpenSSL does
"""
import hashlib
import pathlib
import poplib
import re
import smtplib
import socket
import ssl
import sys

PORTS = {"Incoming": (995, 110), "Outgoing": (465, 587)}  # with TLS, with STARTTLS


def login(state, name, password, want):
    pop3 = poplib.POP3_SSL("localhost", 995, context=ssl.create_default_context(cafile=state / "certs/ca.crt"))
    pop3.user(name)
    pop3.pass_(password)
    found = pop3.stat()[0]
    pop3.quit()
    assert found == int(want), "%d messages are there, not %s" % (found, want)


def shown(state):
    text = sys.stdin.read()
    servers = re.findall(r"(?m)^(?:Server|  +or) +(\S+\.\S+)", text)
    shown = re.sub(r"[^0-9A-F]", "", "".join(re.findall(r"(?:[0-9A-F]{2}:){15}[0-9A-F]{2}", text)))
    trust = ssl.create_default_context(cafile=state / "certs/ca.crt")
    for label, (tls, starttls) in PORTS.items():
        assert re.search(r"%s .* %d with SSL/TLS, or port %d with STARTTLS" % (label, tls, starttls), text), label
        for server in servers:
            with socket.create_connection(("127.0.0.1", tls)) as conn, trust.wrap_socket(conn, server_hostname=server) as conn:
                served = hashlib.sha256(conn.getpeercert(binary_form=True)).hexdigest().upper()
                assert served == shown, "port %d has the fingerprint %s" % (tls, served)
        socket.create_connection(("127.0.0.1", starttls)).close()
    assert servers and "setup -ca" in text, text


def printer(_, recipient):
    with smtplib.SMTP("127.0.0.1", 25, local_hostname="printer.lan") as smtp:
        try:
            smtp.sendmail("scanner@printer.lan", [recipient], "Subject: scan\r\n\r\npage 1\r\n")
        except smtplib.SMTPRecipientsRefused as refused:
            assert refused.recipients[recipient][0] == 550, refused
        else:
            sys.exit("%s was accepted" % recipient)


def phone(_, ca, newest=ssl.TLSVersion.TLSv1_2):
    """Up to TLS 1.2 the server reads the alert by which a client refuses the certificate."""
    for port in 995, 465:
        trust = ssl.create_default_context(cafile=ca or None)
        trust.maximum_version = newest
        with socket.create_connection(("127.0.0.1", port)) as conn:
            try:
                trust.wrap_socket(conn, server_hostname=socket.gethostname()).close()
            except ssl.SSLCertVerificationError:
                assert not ca, "port %d is not trusted with the CA" % port
            else:
                assert ca, "port %d is trusted without the CA" % port


def openssl(_, ca):
    """With TLS 1.3 OpenSSL sends that alert in the clear, which the server cannot read."""
    phone(_, ca, ssl.TLSVersion.TLSv1_3)


folder, verb = pathlib.Path(sys.argv[1]), sys.argv[2]
{"shown": shown, "printer": printer, "phone": phone, "openssl": openssl}.get(verb, lambda state, *words: login(state, verb, *words))(folder, *sys.argv[3:])
