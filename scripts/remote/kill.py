"""kill.py PROVIDER ROUNDS PLACE: kills the server, or the child process that talks to a provider, at any
moment.

PLACE is where the provider has the messages of the accounts, "%s" in it is the account: a Maildir, or
127.0.0.1:PORT, where an IMAP server with TLS takes and lists them. Both are fetched and deleted. In
each round messages come to the provider, all are fetched, and in between the server or its child
is killed with SIGKILL. After each round every message is at the provider or here; at the end all of
them are here once, and none is there but those without Message-ID and Received, over POP3.
"""
import os, random, signal, socket, subprocess, sys, time

import mail

provider, rounds, place = sys.argv[1], int(sys.argv[2]), sys.argv[3]
PILLARBOX, CONFIG = os.environ["PILLARBOX"], os.environ["CONFIG"]
ACCOUNTS = "imap-delete", "pop3-delete"
EACH = 20  # messages of a round and account
folder = os.path.join(os.path.dirname(CONFIG), "killed")
patience = float(os.environ.get("PATIENCE", "120"))


def bring(name, numbers):
    """Brings messages to the provider."""
    if "%s" not in place:
        mail.add(place.partition(":")[2], name, numbers)
        return
    for n in numbers:
        mail.put(place % name, n)


def listed(name):
    """The numbers of the messages that are at the provider."""
    return mail.listed(place % name) if "%s" in place else mail.numbers(place.partition(":")[2], name)


def start():
    with open(folder + ".log", "ab") as log:
        server = subprocess.Popen([PILLARBOX, "serve", "-config", CONFIG], stderr=log)
    end = time.monotonic() + patience
    while True:
        try:
            with socket.create_connection(("127.0.0.1", int(os.environ["POP3_PORT"])), patience) as c:
                if c.recv(1):
                    return server
        except OSError:
            pass
        if time.monotonic() > end or server.poll() is not None:
            sys.exit("the server does not start: " + open(folder + ".log").read()[-2000:])
        time.sleep(0.02)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        own = f.read().split()
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children") as f:
                own += f.read().split()
        except OSError:
            pass
    return sorted({int(p) for p in own})


def fetch(name):
    return subprocess.Popen([PILLARBOX, "fetch", "-config", CONFIG, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def check(given):
    """What is not at the provider any more is here."""
    export = subprocess.run([PILLARBOX, "spool", "export", "-config", CONFIG, "-format", "maildir", "-o", folder, *ACCOUNTS], capture_output=True, text=True)
    if export.returncode:
        sys.exit(f"export: {export.stdout}{export.stderr}")
    for name in ACCOUNTS:
        there, got = listed(name), mail.exported(f"{folder}/{name}")
        lost = [n for n in range(1, given[name] + 1) if n not in there and not got[mail.stored(n)]]
        doubled = [n for n in range(1, given[name] + 1) if got[mail.stored(n)] > 1]
        if lost or doubled:
            sys.exit(f"{name}: {len(lost)} lost {lost[:20]}, {len(doubled)} doubled {doubled[:20]}")


def main():
    seed = int(os.environ.get("SEED", time.time()))
    draw = random.Random(seed)
    print("the seed is", seed)
    given, killed, server = dict.fromkeys(ACCOUNTS, 0), {"server": 0, "child": 0, "nothing": 0}, start()
    whole = 1.0  # seconds that a fetch takes, about
    for turn in range(rounds):
        name = ACCOUNTS[turn % 2]
        bring(name, range(given[name] + 1, given[name] + EACH + 1))
        given[name] += EACH
        began, moment = time.monotonic(), draw.uniform(0, whole)
        fetching = fetch(name)
        victim = draw.choice(("server", "child"))
        try:
            fetching.wait(moment)
        except subprocess.TimeoutExpired:
            pass
        found = [server.pid] if victim == "server" else children(server.pid)[:1]
        if fetching.poll() is not None:  # it was faster
            whole = max(0.05, whole * 0.8)
            found = found if victim == "server" else []
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                found = []
        killed[victim if found else "nothing"] += 1
        if victim == "server":
            server.wait()
        fetching.communicate(timeout=patience)
        if fetching.returncode == 0:
            whole = 0.7 * whole + 0.3 * (time.monotonic() - began)
        elif moment > whole * 0.9:
            whole *= 1.2
        if server.poll() is not None:
            server = start()
        if turn % 5 == 4 or turn == rounds - 1:
            check(given)
    for name in ACCOUNTS:
        for again in range(20):
            said, _ = (last := fetch(name)).communicate(timeout=patience * 5)
            left = {n for n in listed(name) if name.startswith("imap") or not mail.stays(n)}
            if last.returncode == 0 and not left:
                break
        else:
            with open(folder + ".log") as log:
                sys.exit(f"{name}: it never comes to an end: {said}{log.read()[-4000:]}")
    check(given)
    total = sum(mail.judge(f"{folder}/{name}", range(1, given[name] + 1), name) for name in ACCOUNTS)
    server.terminate()
    if server.wait(patience):
        sys.exit("the server does not end well")
    print(f"{provider}: {rounds} rounds, {killed['server']} servers and {killed['child']} children killed: {total} messages, 0 lost, 0 doubled, 0 deleted that are not here")


main()
