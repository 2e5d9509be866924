"""mail.py: the mailbox of scripts/unique-ids.sh.

    mail.py maildir DIR            makes a Maildir: messages that were seen and new ones
    mail.py mbox FILE [x-uidl]     makes an mbox file of the same messages, as qpopper leaves it
    mail.py uids PORT USER         prints what UIDL lists, with the password in $PASSWORD
    mail.py send PORT USER         sends one message by SMTP
    mail.py serve PORT COMMAND...  runs a command for each connection, like inetd. With -login in
                                   front of COMMAND it does the login itself
"""
import os, poplib, smtplib, socket, subprocess, sys, time

COUNT, BEGAN = 12, 1_000_000_000


def text(n):
    head = f"Received: from a.home.arpa by b.home.arpa id {n}; Sun, 9 Sep 2001 01:46:40 +0000\n"
    head += f"Date: Sun, 9 Sep 2001 01:46:{n:02} +0000\nFrom: otto@home.arpa\nTo: anna@home.arpa\n"
    head += f"Subject: number {n}\n"
    return head + (f"Message-ID: <{n}@home.arpa>\n" if n % 3 else "") + f"\ntext {n}\n"


def maildir(folder):
    for sub in "cur", "new", "tmp":
        os.makedirs(f"{folder}/{sub}")
    for n in range(1, COUNT + 1):
        name = f"{BEGAN + n}.M{n}P1_{n}.host" + (f",S={len(text(n))}" if n % 2 else "")
        path = f"{folder}/cur/{name}:2,S" if n <= COUNT / 2 else f"{folder}/new/{name}"
        with open(path, "w") as f:
            f.write(text(n))
        os.utime(path, (BEGAN + n, BEGAN + n))


def mbox(path, xuidl=""):
    with open(path, "w") as f:
        for n in range(1, COUNT + 1):
            head, end, body = text(n).partition("\n\n")
            if xuidl:  # what qpopper makes: 16 octets from "!" to "~"
                head += "\nX-UIDL: " + "".join(chr(33 + (n * 37 + i * i * 11) % 94) for i in range(16))
            f.write(f"From otto@home.arpa Sun Sep  9 01:46:{n:02} 2001\n{head}{end}{body}\n")


def uids(port, user):
    c = poplib.POP3("127.0.0.1", int(port), timeout=60)
    c.user(user)
    c.pass_(os.environ["PASSWORD"])
    print(*(line.decode() for line in c.uidl()[1]), sep="\n")
    c.quit()


def send(port, user):
    with smtplib.SMTP("127.0.0.1", int(port), timeout=60) as c:
        c.sendmail("otto@home.arpa", [f"{user}@home.arpa"], text(COUNT + 1))


def login(connection):
    """Answers USER and PASS, one octet at a time, because the server reads the rest."""
    connection.sendall(b"+OK ready\r\n")
    given = {}
    while {b"USER", b"PASS"} - given.keys():
        line = b""
        while not line.endswith(b"\n"):
            octet = connection.recv(1)
            if not octet:
                return False
            line += octet
        verb, _, argument = line.strip().partition(b" ")
        given[verb.upper()] = argument.decode()
        if verb.upper() not in (b"USER", b"PASS"):
            connection.sendall(b"-ERR log in\r\n")
        elif b"PASS" not in given:
            connection.sendall(b"+OK\r\n")
    return given == {b"USER": "anna", b"PASS": os.environ["PASSWORD"]} | {
        verb: given[verb] for verb in given if verb not in (b"USER", b"PASS")}


def serve(port, *command):
    listener = socket.create_server(("127.0.0.1", int(port)))
    while True:
        connection, _ = listener.accept()
        with connection:
            run = command[1:] if command[0] == "-login" else command
            if command[0] != "-login" or login(connection):
                subprocess.run(run, stdin=connection, stdout=connection)


{"maildir": maildir, "mbox": mbox, "uids": uids, "send": send, "serve": serve}[sys.argv[1]](*sys.argv[2:])
