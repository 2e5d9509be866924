"""mail.py: the messages of scripts/remote.sh, and what became of them. The password is $PASSWORD.

    mail.py maildir DIR COUNT               writes messages into a Maildir
    mail.py append PORT COUNT USER...       brings them to an IMAP server with TLS, all users at once
    mail.py here DIR COUNT                  fails unless an export has each message once, behind one
                                            trace header field
    mail.py there PORT USER COUNT           fails unless a POP3 server with TLS lists so many
"""
import collections, concurrent.futures, imaplib, os, poplib, re, ssl, sys, time

BEGAN = 1_000_000_000


def text(n):
    """Message n in wire form."""
    head = f"Received: from a.home.arpa\n\tby b.home.arpa with ESMTP id {n}; Sun, 9 Sep 2001 01:46:40 +0000\n"
    body = "".join(f"line {i} of {n}\n" for i in range(40))
    kind = n % 10
    if kind == 1:  # nothing in the header that identifies it, so that it stays at a POP3 server
        head, body = "Subject: the same\n", f"number {n}\n"
    elif kind == 2:
        body = f"From {n}\n>From there\n.\n..\n.a\n\n\nFrom \n"
    elif kind == 3:
        body = f"{n} \xe9\xff\t \n" * 10
    elif kind == 4:
        head += f"Subject: a\n folded\n\tone\nMessage-ID:\n <{n}@home.arpa>\n"
    elif kind == 5:  # the Message-ID of all of these
        head += "Message-ID: <the-same@home.arpa>\n"
    elif kind == 6 and n % 100 == 6:
        body += "0123456789abcdef\n" * 20_000
    elif kind == 7:  # no end of the last line
        body += "." * 9000 + "the end"
    else:
        head += f"Message-ID: <{n}@home.arpa>\nSubject: {n}\nDate: Sun, 9 Sep 2001 01:46:40 +0000\n"
    return (head + "\n" + body).replace("\n", "\r\n").encode("latin-1")


def put(folder, n):
    """Writes message n into a Maildir, whole or not at all; the name of its file begins with n."""
    name = f"{BEGAN + n}.M{n}P1.host"
    with open(f"{folder}/tmp/{name}", "wb") as f:
        f.write(text(n).replace(b"\r\n", b"\n"))
    own = os.stat(folder)
    os.chown(f.name, own.st_uid, own.st_gid)
    os.rename(f.name, f"{folder}/new/{name}")


def listed(folder):
    """The numbers of the messages in a Maildir."""
    names = [name for sub in ("cur", "new") for name in os.listdir(f"{folder}/{sub}")]
    return {int(re.match(r"\d+\.M(\d+)P", name)[1]) for name in names}


def stays(n):
    return n % 10 == 1


def maildir(folder, count):
    for sub in "cur", "new", "tmp":
        os.makedirs(f"{folder}/{sub}", exist_ok=True)
    for n in range(1, int(count) + 1):
        put(folder, n)


def context():
    c = ssl.create_default_context()
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    return c


def imap(port, user):
    c = imaplib.IMAP4_SSL("127.0.0.1", int(port), ssl_context=context())
    c.login(user, os.environ["PASSWORD"])
    return c


def append(port, count, *users):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(add, port, user, range(1, int(count) + 1)) for user in users]:
            done.result()


def add(port, user, numbers):
    """Brings messages to an IMAP server. The time of message n is n seconds behind BEGAN."""
    c = imap(port, user)
    for n in numbers:
        kind, said = c.append("INBOX", None, imaplib.Time2Internaldate(BEGAN + n), text(n))
        if kind != "OK":
            sys.exit(f"{user}: message {n}: {said}")
    c.logout()


def numbers(port, user):
    """The numbers of the messages at an IMAP server, by their times."""
    c = imap(port, user)
    kind, said = c.select("INBOX", readonly=True)
    if kind != "OK":
        sys.exit(f"{user}: {said}")
    found = set()
    if said != [b"0"]:
        kind, said = c.fetch("1:*", "(INTERNALDATE)")
        if kind != "OK":
            sys.exit(f"{user}: {said}")
        found = {int(time.mktime(imaplib.Internaldate2tuple(row))) - BEGAN for row in said}
    c.logout()
    return found


TRACE = re.compile(rb"Received: from 127\.0\.0\.1[^\n]* by [^\n]* \(pillarbox\)\n\twith (?:IMAPS|POP3S); [^\n]*\n")


def exported(folder):
    """How often the messages of an export are there, by content without the trace header field."""
    found = collections.Counter()
    for sub in "cur", "new":
        if not os.path.isdir(f"{folder}/{sub}"):
            continue
        for name in os.listdir(f"{folder}/{sub}"):
            with open(f"{folder}/{sub}/{name}", "rb") as f:
                octets = f.read()
            trace = TRACE.match(octets)
            if not trace:
                sys.exit(f"{f.name}: no trace header field: {octets[:200]!r}")
            found[octets[trace.end():]] += 1
    return found


def stored(n):
    """Message n as an export has it."""
    octets = text(n).replace(b"\r\n", b"\n")
    return octets if octets.endswith(b"\n") else octets + b"\n"


def judge(folder, numbers, where):
    want = {stored(n): n for n in numbers}
    got = exported(folder)
    lost = [n for octets, n in want.items() if octets not in got]
    doubled = [want.get(octets, octets[:200]) for octets, times in got.items() if times > 1]
    other = [octets[:300] for octets in got if octets not in want]
    if lost or doubled or other:
        sys.exit(f"{where}: {len(lost)} lost {lost[:20]}, {len(doubled)} doubled {doubled[:20]}, {len(other)} that were not there {other[:2]}")
    return len(want)


def here(folder, count):
    judge(folder, range(1, int(count) + 1), folder)


def there(port, user, count):
    c = poplib.POP3_SSL("127.0.0.1", int(port), context=context(), timeout=120)
    c.user(user)
    c.pass_(os.environ["PASSWORD"])
    got = c.stat()[0]
    c.quit()
    if got != int(count):
        sys.exit(f"{user}: {got} messages are at the provider, not {count}")


if __name__ == "__main__":
    {"maildir": maildir, "append": append, "here": here, "there": there}[sys.argv[1]](*sys.argv[2:])
