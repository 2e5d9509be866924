"""memory.py ACCOUNT...: the memory of a server with remote accounts, and of the children.

The accounts are those of the configuration $CONFIG of $PILLARBOX, and know some ids already. At rest
the server may have 32 KiB more than without them, and 12 octets for each id. The accounts imap-large
and pop3-large fetch a message of 49 MiB, imap-many and pop3-many $COUNT small ones, and 1000 are sent
by the account out through the port $OUTGOING_PORT. Each child may have 2.5 MiB.
Memory is Anonymous of smaps_rollup, at rest the median of three starts: 9 seconds after each, by
when the accounts were polled, clients come, and after them the server gives garbage back. Without
them the polls of the start would count, which leave garbage and no more.
"""
import json, os, re, smtplib, socket, ssl, statistics, subprocess, sys, threading, time

from smarthost import Smarthost

PILLARBOX, CONFIG = os.environ["PILLARBOX"], os.environ["CONFIG"]
KNOWN, WITHIN, CHILD = 12, 32 << 10, 2560 << 10  # octets
SETTLED = 9
CLIENTS = 200  # what they allocate is collected once, with all that was before
SENT = 1000  # messages
bare = CONFIG + ".bare"


def start(config):
    server = subprocess.Popen([PILLARBOX, "serve", "-config", config], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while True:
        try:
            with socket.create_connection(("127.0.0.1", int(os.environ["POP3_PORT"])), 120) as c:
                if c.recv(1):
                    return server
        except OSError:
            pass
        if time.monotonic() > end or server.poll() is not None:
            sys.exit("the server does not start")
        time.sleep(0.02)


def anonymous(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return int(re.search(r"^Anonymous:\s+(\d+) kB$", f.read(), re.M)[1]) << 10


def note(what, memory):
    """Appends a figure to the file that $NOTES names."""
    if file := os.environ.get("NOTES"):
        with open(file, "a") as notes:
            notes.write(f"{what}\tpillarbox\tprivate KiB\t{int(memory) >> 10}\n")


def rest(config):
    found = []
    for _ in range(3):
        server = start(config)
        time.sleep(SETTLED)
        for _ in range(CLIENTS):
            with socket.create_connection(("127.0.0.1", int(os.environ["POP3_PORT"])), 120) as c:
                c.recv(512)
                c.sendall(b"QUIT\r\n")
                while c.recv(512):
                    pass
        time.sleep(SETTLED)
        found.append(anonymous(server.pid))
        end(server)
    return statistics.median(found)


def child_of(pid, command):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            for child in f.read().split():
                with open(f"/proc/{child}/cmdline") as line:  # before that it has the memory of the server
                    if command in line.read():
                        return int(child)


def most_of(server, command, working):
    """The most memory that a child has as long as working() is true."""
    most = 0
    while working():
        try:
            if child := child_of(server.pid, command):
                most = max(most, anonymous(child))
        except (OSError, TypeError):  # it has just ended
            pass
        time.sleep(0.002)
    return most


def fetches(server, name):
    fetch = subprocess.Popen([PILLARBOX, "fetch", "-config", CONFIG, name])
    most = most_of(server, "remote-session", lambda: fetch.poll() is None)
    if fetch.returncode:
        sys.exit(f"{name} fetches nothing")
    print(f"{name}: the child had at most {most >> 10} KiB")
    note(f"child {name}", most)
    return most


def submit(given):
    """Gives the server messages to send, and then adds to given."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP_SSL("127.0.0.1", int(os.environ["SMTPS_PORT"]), context=trusting) as client:
        client.login("imap-many", os.environ["PASSWORD"])
        for n in range(SENT):
            client.sendmail("out@provider.example", ["bob@example.net"], f"From: out@provider.example\r\nSubject: {n}\r\n\r\n" + "0123456789\r\n" * 300)
    given.append(SENT)


def sends(server):
    smarthost = Smarthost(int(os.environ["OUTGOING_PORT"]), os.environ["CERTIFICATE"], os.environ["KEY"])
    given = []
    submission = threading.Thread(target=submit, args=(given,))
    submission.start()
    most = most_of(server, "outbound-session", lambda: submission.is_alive() or given and smarthost.taken < SENT)
    if not given:
        sys.exit("the server does not take messages to send")
    print(f"out: the child had at most {most >> 10} KiB while it sent {SENT} messages")
    note("child out", most)
    return most


def end(server):
    server.terminate()
    server.wait(120)


def main(*accounts):
    server = start(CONFIG)
    subprocess.run([PILLARBOX, "fetch", "-config", CONFIG, *accounts], check=True)
    said = subprocess.run([PILLARBOX, "remote", "list", "-config", CONFIG, "-json"], check=True, capture_output=True, text=True)
    ids = sum(row["known"] for row in json.loads(said.stdout)["accounts"])
    children = [fetches(server, name) for name in ("imap-large", "pop3-large")]
    after = anonymous(server.pid)
    end(server)
    with open(CONFIG) as f, open(bare, "w") as g:
        g.write(f.read().partition("\n[remote.")[0] + "\n")
    without, having = rest(bare), rest(CONFIG)
    bound = without + WITHIN + KNOWN * ids
    print(f"at rest: {without >> 10} KiB without remote accounts, {having >> 10} KiB with {len(accounts) + 5} that know {ids} ids "
          f"(at most {int(bound) >> 10}); {after >> 10} KiB right after 98 MiB were fetched")
    server = start(CONFIG)
    children += [fetches(server, name) for name in ("imap-many", "pop3-many")] + [sends(server)]
    end(server)
    if having > bound or max(children) > CHILD or not min(children):
        sys.exit(f"too much memory: at most {int(bound) >> 10} KiB at rest and {CHILD >> 10} for a child")


main(*sys.argv[1:])
