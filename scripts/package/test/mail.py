"""mail.py: a client of the tests of the packages.

  mail.py STATE send SUBJECT [PORT]    sends a message by SMTP, at the standard port 25 if none is named
  mail.py STATE count N                logs in over TLS and finds N messages; the password of STATE/first-login is kept beside STATE
"""
import pathlib
import poplib
import re
import smtplib
import ssl
import sys


def port(state, standard):
    """The port that the server took in the place of a standard one; without a file it was told to take that."""
    kept = state / "ports"
    lines = kept.read_text().splitlines() if kept.exists() else []
    return dict(line.split() for line in lines if line[:1] != "#").get(str(standard), standard)


def password(state):
    kept = state.with_name("password")
    first = state / "first-login"
    if first.exists():
        kept.write_text(re.search(r"Password +(\S+)", first.read_text())[1])
    return kept.read_text()


def send(state, subject, at=25):
    with smtplib.SMTP("127.0.0.1", int(port(state, at))) as smtp:
        smtp.sendmail("camera@home.arpa", ["mail@home.arpa"], f"Subject: {subject}\r\n\r\nsomebody is at the door\r\n")


def count(state, want):
    tls = ssl.create_default_context(cafile=state / "certs/ca.crt")
    tls.check_hostname = False  # 127.0.0.1 is not what a household calls it
    pop = poplib.POP3_SSL("127.0.0.1", int(port(state, 995)), context=tls, timeout=30)
    pop.user("mail")
    pop.pass_(password(state))
    found = pop.stat()[0]
    for n in range(1, found + 1):
        pop.retr(n)
    pop.quit()
    if found != int(want):
        sys.exit(f"{found} mails are there, not {want}")


folder, verb, words = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
{"send": send, "count": count}[verb](folder, *words)
