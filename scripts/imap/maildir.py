"""maildir.py: messages for scripts/imap.sh, and what became of them.

    maildir.py make DIR COUNT            a Maildir as Dovecot writes it, of messages that are hard to move
    maildir.py same DIR DIR              fails unless both have the same messages under the same names
    maildir.py moved EXPORT DIR          fails unless DIR, of Dovecot, has the messages of an export, their order and dates
    maildir.py fetched EXPORT HOST PORT USER CA
                                         the same of an IMAP server, with the password in $PASSWORD
"""
import imaplib, os, ssl, sys, time

BEGAN = 1_000_000_000


def text(n):
    head = f"Received: from a.home.arpa\n\tby b.home.arpa with ESMTP id {n}; Sun, 9 Sep 2001 01:46:40 +0000\n"
    body = "".join(f"line {i} of {n}\n" for i in range(40))
    kind = n % 10
    if kind == 1:  # nothing that identifies it
        head, body = "Subject: the same\n", "the same\n"
    elif kind == 2:
        body = "From here\n>From there\n.\n..\n\n\nFrom \n"
    elif kind == 3:
        head += "Subject: caf\udce9 au lait\n"
        body = "\udce9\udcff\n" * 10
    elif kind == 4:
        head += "Subject: a\n folded\n\tone\nMessage-ID:\n <4@home.arpa>\n"
    elif kind == 5:
        head += "Message-ID: <the-same@home.arpa>\n"
    elif kind == 6 and n % 100 == 6:
        body = "0123456789abcdef\n" * 20_000
    else:
        head += f"Message-ID: <{n}@home.arpa>\nSubject: {n}\nDate: Sun, 9 Sep 2001 01:46:40 +0000\n"
    return (head + "\n" + body).encode("utf-8", "surrogateescape")


def make(folder, count):
    for sub in "cur", "new", "tmp":
        os.makedirs(f"{folder}/{sub}")
    with open(f"{folder}/dovecot-uidlist", "w") as uids:
        uids.write(f"3 V1275660208 N{count + 1} G3085f01b7f11094c501100008c4a11c1\n")
        for n in range(1, count + 1):
            name = f"{BEGAN + n}.M{n}P1.host"
            uids.write(f"{n} :{name}\n")
            with open(f"{folder}/cur/{name}:2,S", "wb") as f:
                f.write(text(n))
            os.utime(f.name, (BEGAN + n, BEGAN + n))


def export(folder):
    """The messages of an export in order: (name, seconds, octets)."""
    found = []
    for name in os.listdir(f"{folder}/new"):
        with open(f"{folder}/new/{name}", "rb") as f:
            found.append((name, int(os.stat(f.name).st_mtime), f.read()))
    return sorted(found)


def same(one, other):
    one, other = export(one), export(other)
    if one != other:
        sys.exit(f"{len(one)} and {len(other)} messages differ")
    print(f"{len(one)} messages are the same, with their unique-ids")


def judge(want, got, where):
    if len(want) != len(got):
        sys.exit(f"{where} has {len(got)} messages, not {len(want)}")
    for n, ((name, seconds, octets), (when, there)) in enumerate(zip(want, got), 1):
        if octets != there:
            sys.exit(f"{where}: message {n} is not {name}: {there[:200]!r}, not {octets[:200]!r}")
        if seconds != when:
            sys.exit(f"{where}: message {n} is of {when}, not of {seconds}")
    print(f"{where}: {len(got)} messages are the same, with their dates")


def moved(exported, folder):
    names = {}
    for sub in "cur", "new":
        for name in os.listdir(f"{folder}/{sub}"):
            names[name.split(":")[0]] = f"{folder}/{sub}/{name}"
    got = []
    with open(f"{folder}/dovecot-uidlist") as uids:
        next(uids)
        for line in uids:
            path = names[line.split(":", 1)[1].rstrip("\n").split(":")[0]]
            with open(path, "rb") as f:
                got.append((int(os.stat(path).st_mtime), f.read()))
    judge(export(exported), got, "the Maildir of Dovecot")


def fetched(exported, host, port, user, ca):
    c = imaplib.IMAP4_SSL(host, int(port), ssl_context=ssl.create_default_context(cafile=ca))
    c.login(user, os.environ["PASSWORD"])
    c.select("INBOX", readonly=True)
    got = []
    _, data = c.fetch("1:*", "(INTERNALDATE BODY.PEEK[])")
    for part in data:
        if isinstance(part, tuple):
            when = time.mktime(imaplib.Internaldate2tuple(part[0]))
            got.append((int(when), part[1].replace(b"\r\n", b"\n")))
    judge([(name, seconds, munged(octets)) for name, seconds, octets in export(exported)], got, f"{host}:{port}")


def munged(octets):
    """A message as Cyrus stores it: without 8-bit octets in the header (munge8bit)."""
    header, end, body = octets.partition(b"\n\n")
    return bytes(b if b < 0x80 else ord("X") for b in header) + end + body


{"make": lambda d, n: make(d, int(n)), "same": same, "moved": moved, "fetched": fetched}[sys.argv[1]](*sys.argv[2:])
