"""compare.py IMAPS-PORT POP3S-PORT COUNT: pillarbox beside fetchmail and getmail6 into Dovecot.

They fetch COUNT messages of one mailbox that keeps them, poll it again, and fetch a message of 25 MB
over lines that break 50 times; the last two through a proxy that counts octets. CPU is that of all
processes but the provider's, memory the most that they have together, of Anonymous. getmail refuses
to run as root, so that both of the others run as nobody. It prints Markdown.
"""
import os, re, resource, selectors, shutil, socket, subprocess, sys, threading, time

PILLARBOX, CONFIG, PASSWORD = os.environ["PILLARBOX"], os.environ["CONFIG"], os.environ["PASSWORD"]
CERTIFICATE = os.environ["CERTIFICATE"]  # of the provider
BREAKS, LARGE = 50, 25_000_000
folder = os.path.join(os.path.dirname(CONFIG), "compare")
ports = {"imap": int(sys.argv[1]), "pop3": int(sys.argv[2])}
count = int(sys.argv[3])


class Proxy:
    """Counts the octets of both directions, and breaks a connection after so many to the client."""

    def __init__(self, port):
        self.to, self.octets, self.after, self.breaks = port, 0, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.relay, args=(client,), daemon=True).start()

    def relay(self, client):
        sent = 0
        with client, socket.create_connection(("127.0.0.1", self.to)) as server, selectors.DefaultSelector() as s:
            s.register(client, selectors.EVENT_READ, server)
            s.register(server, selectors.EVENT_READ, client)
            try:
                while True:
                    for key, _ in s.select():
                        octets = key.fileobj.recv(16384)
                        if not octets:
                            return
                        self.octets += len(octets)
                        key.data.sendall(octets)
                        if key.fileobj is server:
                            sent += len(octets)
                            if self.breaks > 0 and sent > self.after:
                                self.breaks -= 1
                                return
            except OSError:
                return


def family(root):
    below, found = {}, []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                below.setdefault(int(f.read().rpartition(")")[2].split()[1]), []).append(int(pid))
        except OSError:
            pass
    todo = [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += below.get(pid, [])
    return found


def anonymous(root):
    total = 0
    for pid in family(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += int(re.search(r"^Anonymous:\s+(\d+)", f.read(), re.M)[1])
        except (OSError, TypeError):
            pass
    return total


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        return sum(map(int, f.read().rpartition(")")[2].split()[11:15])) / os.sysconf("SC_CLK_TCK")


class Pillarbox:
    def __init__(self, protocol):
        self.name, self.protocol, self.server = f"pillarbox, {protocol.upper()}", protocol, None

    def start(self, port, user):
        """The server with one account; the table is written anew for each port."""
        with open(CONFIG) as f:
            text = f.read().partition("\n[remote.")[0]
        with open(CONFIG, "w") as f:
            f.write(text + f'\n[remote.{user}]\nowner = "anna"\naddress = ["{user}@home.arpa"]\nuser = "{user}"\nfetch = "{self.protocol}"\n'
                    f'every = "24h"\nsince = "all"\nincoming = "127.0.0.1:{port}"\npin = "{os.environ["PIN"]}"\nsend = false\n')
        self.server = subprocess.Popen([PILLARBOX, "serve", "-config", CONFIG], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if not subprocess.run([PILLARBOX, "remote", "login", "-config", CONFIG, user], input=PASSWORD + "\n", text=True, capture_output=True).returncode:
                return self
            time.sleep(0.2)
        sys.exit("the server does not start")

    def fetch(self, port, user):
        before = cpu(self.server.pid)
        run = subprocess.Popen([PILLARBOX, "fetch", "-config", CONFIG, user], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        most = watch(run, self.server.pid)
        said = run.stdout.read()
        fetched = re.search(r": (\d+) of \d+ messages fetched", said)
        return cpu(self.server.pid) - before, most, int(fetched[1]) if fetched else 0

    def stop(self):
        self.server.terminate()
        self.server.wait(120)


class Other:
    protocol = "pop3"

    def __init__(self, name):
        self.name, self.client = f"{name} and dovecot-lda, POP3", name

    def start(self, port, user):
        self.home = f"{folder}/{self.client}-{user}"
        os.makedirs(self.home, exist_ok=True)
        with open(f"{self.home}/lda.conf", "w") as f:
            f.write(f"protocols =\nssl = no\nlog_path = {self.home}/log\nmail_location = maildir:{self.home}/mail\nfirst_valid_uid = 1\nfirst_valid_gid = 1\nbase_dir = {self.home}/run\n")
        lda = f"/usr/lib/dovecot/dovecot-lda -c {self.home}/lda.conf"
        with open(f"{self.home}/rc", "w") as f:
            if self.client == "fetchmail":
                f.write(f'poll 127.0.0.1 protocol pop3 service {port} uidl timeout 20\n  user "{user}" password "{PASSWORD}" keep ssl sslcertck sslcertfile "{CERTIFICATE}"\n'
                        f'  sslcommonname localhost mda "{lda}"\n')
            else:
                f.write(f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = 127.0.0.1\nport = {port}\nusername = {user}\npassword = {PASSWORD}\ntimeout = 20\n"
                        f'[destination]\ntype = MDA_external\npath = /usr/lib/dovecot/dovecot-lda\narguments = ("-c", "{self.home}/lda.conf")\n[options]\ndelete = false\nread_all = false\n')
        os.chmod(f"{self.home}/rc", 0o600)
        shutil.chown(self.home, "nobody", "nogroup")
        for name in os.listdir(self.home):
            shutil.chown(f"{self.home}/{name}", "nobody", "nogroup")
        return self

    def arrived(self):
        new = f"{self.home}/mail/new"
        least = LARGE // 2 if self.home.endswith("-large") else 1  # a part of a message is none
        return sum(os.stat(f"{new}/{name}").st_size >= least for name in os.listdir(new)) if os.path.isdir(new) else 0

    def fetch(self, port, user):
        command = {"fetchmail": ["fetchmail", "--silent", "--fetchmailrc", f"{self.home}/rc", "--pidfile", f"{self.home}/pid", "--idfile", f"{self.home}/ids"],
                   "getmail": ["getmail", "--quiet", f"--getmaildir={self.home}", "--rcfile=rc"]}[self.client]
        before, had = resource.getrusage(resource.RUSAGE_CHILDREN), self.arrived()
        run = subprocess.Popen(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", *command], cwd=self.home,
                               env=os.environ | {"HOME": self.home, "USER": "nobody"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = watch(run, run.pid)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most, self.arrived() - had

    def stop(self):
        pass


def watch(run, root):
    """Waits for a command, and returns the most memory of a process and all below it, in KiB."""
    most = 0
    while run.poll() is None:
        most = max(most, anonymous(root))
        time.sleep(0.05)
    return most


def broken(one):
    """Octets on the line for each octet of a message whose lines break, None if it never arrives."""
    proxy = Proxy(ports[one.protocol])
    one.start(proxy.port, "large")
    proxy.octets, proxy.after, proxy.breaks = 0, LARGE // BREAKS, BREAKS
    try:
        for _ in range(2 * BREAKS):
            if one.fetch(proxy.port, "large")[2]:
                return proxy.octets / LARGE
    finally:
        one.stop()


def main():
    print(f"| {count} messages | CPU s | memory KiB | fetched | octets of an idle poll | octets on the line for each of 25 MB, {BREAKS} breaks |\n|---|---|---|---|---|---|")
    for one in Pillarbox("imap"), Pillarbox("pop3"), Other("fetchmail"), Other("getmail"):
        if isinstance(one, Pillarbox):
            shutil.rmtree(os.path.join(os.path.dirname(CONFIG), "state", "spool"), ignore_errors=True)
        proxy = Proxy(ports[one.protocol])
        one.start(proxy.port, "many")
        seconds, memory, fetched = one.fetch(proxy.port, "many")
        proxy.octets = 0
        one.fetch(proxy.port, "many")
        idle = proxy.octets
        one.stop()
        lines = broken(one)
        print(f"| {one.name} | {seconds:.2f} | {memory} | {fetched} | {idle} | {f'{lines:.2f}' if lines else 'never arrives'} |", flush=True)


main()
