"""mail.py: what the test of the packages asks of a running box.

  mail.py STATE send SUBJECT       hands in a mail by SMTP
  mail.py STATE count N            logs in over TLS and finds N mails; the password of STATE/first-login is kept beside STATE
"""
import pathlib
import poplib
import re
import smtplib
import ssl
import sys


def port(state, standard):
    """The port that the box took in the place of a standard one."""
    return dict(line.split() for line in (state / "ports").read_text().splitlines() if line[:1] != "#")[str(standard)]


def password(state):
    kept = state.with_name("password")
    first = state / "first-login"
    if first.exists():
        kept.write_text(re.search(r"Password +(\S+)", first.read_text())[1])
    return kept.read_text()


def send(state, subject):
    with smtplib.SMTP("127.0.0.1", int(port(state, 25))) as smtp:
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


folder, verb, word = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
{"send": send, "count": count}[verb](folder, word)
