"""memory.py SERVER DIR RUNS: the private memory of a server with all ports, the pages, multicast DNS
and two remote accounts, in KiB: 9 s after its second start, and 8 s after ten visits. A visit is
three pages over a new connection with TLS; what the largest of them takes is printed as well. The
accounts have no password yet, so that nothing is fetched: remote.sh -memory has accounts that fetch.
Runs in a network namespace of its own (webmemory.sh). The environment variable NOTES names a file to
append the figures to.
"""
import http.client, os, re, shutil, ssl, statistics, subprocess, sys, time

server, folder, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
HOST, USER, PASSWORD = "192.168.77.1", "anna", "royal mail 1840"
REMOTES = "imap", "pop3"  # an account by each protocol


def configure(state):
    file = f"{folder}/pillarbox.toml"
    with open(file, "w") as out:
        out.write(f"""hostname = "pillarbox.home.arpa"
domains  = ["home.arpa"]
state    = "{state}"
mdns     = "on"

[web]
listen     = [":80"]
listen_tls = [":443"]
admins     = ["{USER}"]

[spool]
capacity = "256MiB"
volatile = true
""")
        for protocol in REMOTES:
            out.write(f"""
[remote.{protocol}]
owner    = "{USER}"
address  = ["{protocol}@home.arpa"]
user     = "{USER}"
fetch    = "{protocol}"
every    = "15m"
incoming = "192.168.77.2:99"
send     = false
""")
    return file


def listens(process):
    """Whether it serves POP3: a connection would be a session, which leaves memory behind."""
    for table in "tcp", "tcp6":
        with open(f"/proc/{process.pid}/net/{table}") as rows:
            if any(row.split()[1].endswith(":006E") and row.split()[3] == "0A" for row in rows):
                return True
    return False


def start(file, log):
    process = subprocess.Popen([server, "serve", "-config", file], stderr=log)
    deadline = time.monotonic() + 60
    while not listens(process):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit("the server does not start")
        time.sleep(0.05)
    return process


def stop(process):
    process.terminate()
    if process.wait(60):
        sys.exit("the server did not end well")


def private(process):
    """KiB that no other process shares and that the kernel cannot drop."""
    with open(f"/proc/{process.pid}/smaps_rollup") as rollup:
        return int(re.search(r"^Anonymous:\s+(\d+) kB", rollup.read(), re.M).group(1))


def visit(trust):
    """Opens three pages, and returns the octets of the largest with its style, and its requests."""
    conn = http.client.HTTPSConnection(HOST, 443, context=trust, timeout=60)

    def get(path):
        conn.request("GET", path)
        answer = conn.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"{path} was answered with {answer.status}")
        return body

    most = 0, 0
    for path in "/", "/log-in", "/set-up/apple":
        page = get(path)
        parts = re.findall(rb'(?:src|<link[^>]* href)="(/[^"]+)"', page)
        most = max(most, (len(page) + sum(len(get(part.decode())) for part in parts), 1 + len(parts)))
    conn.close()
    return most


def note(what, head, figure):
    if file := os.environ.get("NOTES"):
        with open(file, "a") as notes:
            notes.write(f"{what}\tpillarbox\t{head}\t{figure:g}\n")


rest, visited, page = [], [], None
for run in range(runs):
    state = f"{folder}/state"
    shutil.rmtree(state, ignore_errors=True)
    file = configure(state)
    with open(f"{folder}/log", "w") as log:
        subprocess.run([server, "user", "add", "-config", file, USER], input=PASSWORD + "\n", text=True, check=True, stdout=log, stderr=log)
        process = start(file, log)
        time.sleep(5)  # the first start makes keys, certificates and the slots of the spool
        stop(process)
        process = start(file, log)
        try:
            time.sleep(9)
            rest.append(private(process))
            trust = ssl.create_default_context(cafile=f"{state}/certs/ca.crt")
            for _ in range(10):
                page = visit(trust)
            time.sleep(8)
            visited.append(private(process))
        finally:
            stop(process)
    print(f"run {run + 1}: at rest {rest[-1]} KiB, after ten visits {visited[-1]} KiB", flush=True)

rest, visited = statistics.median(rest), statistics.median(visited)
print(f"median: at rest {rest:.0f} KiB, after ten visits {visited:.0f} KiB; the largest page: {page[0]} octets in {page[1]} requests")
note("rest all", "private KiB", rest)
note("rest visits", "private KiB", visited)
note("page", "octets", page[0])
note("page", "requests", page[1])
if rest > 2048 or visited > 3072:
    sys.exit("the limits are 2048 and 3072 KiB")
