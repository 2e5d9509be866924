"""mail.py: a client of the tests of the packages.

  mail.py STATE send SUBJECT [PORT]    sends a message by SMTP, at the standard port 25 if none is named
  mail.py STATE count N                logs in over TLS and finds N messages; the password of STATE/first-login is kept beside STATE
  mail.py STATE page                   opens the page at 1080 and, over TLS, at 1443
  mail.py STATE named FILE...          finds in each file the ports of the mail and of the page, and no others
"""
import http.client
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


def page(state):
    tls = ssl.create_default_context(cafile=state / "certs/ca.crt")
    tls.check_hostname = False
    for connection, path, text in ((http.client.HTTPConnection("127.0.0.1", 1080, timeout=30), "/", "Set up mail"),
                                   (http.client.HTTPSConnection("127.0.0.1", 1443, timeout=30, context=tls), "/log-in", "Password")):
        connection.request("GET", path)
        answer = connection.getresponse()
        shown = answer.read().decode()
        if answer.status != 200 or text not in shown:
            sys.exit(f"the page at port {connection.port}: {answer.status}\n{shown}")


def named(state, *files):
    for file in files:
        ports = sorted(map(int, re.findall(r'(?:port="|<port>)(\d+)', pathlib.Path(file).read_text())))
        if ports not in ([25, 110, 465, 587, 995, 1080, 1443], [110, 465, 587, 995, 1080, 1443]):  # nobody looks for 25
            sys.exit(f"{file} names the ports {ports}")


folder, verb, words = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
{"send": send, "count": count, "page": page, "named": named}[verb](folder, *words)
