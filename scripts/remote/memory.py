"""memory.py ACCOUNT...: the memory of a server with remote accounts, and of the child that fetches.

The accounts are those of the configuration $CONFIG of $PILLARBOX, and know some ids already. At rest
the server may have 32 KiB more than without them, and 12 octets for each id. Then the account
imap-large and the account pop3-large fetch a message of 49 MiB, for which the child may have 2.5 MiB.
Memory is Anonymous of smaps_rollup, at rest the median of three starts, 9 seconds after each.
"""
import json, os, re, signal, socket, statistics, subprocess, sys, time

PILLARBOX, CONFIG = os.environ["PILLARBOX"], os.environ["CONFIG"]
KNOWN, WITHIN, CHILD = 12, 32 << 10, 2560 << 10  # octets
SETTLED = 9
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


def rest(config):
    found = []
    for _ in range(3):
        server = start(config)
        time.sleep(SETTLED)
        found.append(anonymous(server.pid))
        server.terminate()
        server.wait(120)
    return statistics.median(found)


def child_of(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as f:
            for child in f.read().split():
                with open(f"/proc/{child}/cmdline") as line:  # before that it has the memory of the server
                    if "remote-session" in line.read():
                        return int(child)


def streams(server, name):
    """The most memory that the child has while an account fetches."""
    fetch, most = subprocess.Popen([PILLARBOX, "fetch", "-config", CONFIG, name]), 0
    while fetch.poll() is None:
        try:
            if child := child_of(server.pid):
                most = max(most, anonymous(child))
        except (OSError, TypeError):  # it has just ended
            pass
        time.sleep(0.002)
    if fetch.returncode:
        sys.exit(f"{name} fetches nothing")
    print(f"{name}: the child had at most {most >> 10} KiB while it fetched 49 MiB")
    return most


def main(*accounts):
    server = start(CONFIG)
    subprocess.run([PILLARBOX, "fetch", "-config", CONFIG, *accounts], check=True)
    said = subprocess.run([PILLARBOX, "remote", "list", "-config", CONFIG, "-json"], check=True, capture_output=True, text=True)
    ids = sum(row["known"] for row in json.loads(said.stdout)["accounts"])
    most = max(streams(server, name) for name in ("imap-large", "pop3-large"))
    after = anonymous(server.pid)
    server.terminate()
    server.wait(120)
    with open(CONFIG) as f, open(bare, "w") as g:
        g.write(f.read().partition("\n[remote.")[0] + "\n")
    without, having = rest(bare), rest(CONFIG)
    bound = without + WITHIN + KNOWN * ids
    print(f"at rest: {without >> 10} KiB without remote accounts, {having >> 10} KiB with {len(accounts) + 2} that know {ids} ids "
          f"(at most {int(bound) >> 10}); {after >> 10} KiB right after 98 MiB were fetched")
    if having > bound or most > CHILD:
        sys.exit(1)


main(*sys.argv[1:])
