"""containers.py ENGINE IMAGE FOLDER GROUP: runs the image on a container engine and uses it as a family does.

ENGINE is podman, docker or rootless (podman as user 1026), or compose. Called by engine.sh in namespaces of its own, in which the
machine has the address 192.168.1.2; IMAGE is the archive for `docker load`, FOLDER is scratch, GROUP names the control groups.
"""
import http.client
import os
import pathlib
import poplib
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import time

NAS = "192.168.1.2"
PROGRAM = "/usr/bin/pillarbox"
SYSCTL = ["--sysctl", "net.ipv4.ip_unprivileged_port_start=0"]
PASSWORD = "royal mail 1840"
NASUSER = ["setpriv", "--reuid=1026", "--regid=100", "--clear-groups"]


class Engine:
    """A container engine that is there, and how many ports it adds to the standard ones outside."""

    def __init__(self, kind, folder, group):
        self.folder, self.rootless = folder, kind == "rootless"
        self.ahead = 1000 if self.rootless else 0
        self.parent = [] if self.rootless else ["--cgroup-parent", "/" + group]
        self.server, self.now = None, ["-t", "0"]
        self.words = ["podman"]
        if self.rootless:
            runtime = pathlib.Path("/run/nasuser")
            runtime.mkdir(mode=0o700)
            subprocess.run(["chown", "1026:100", runtime], check=True)
            self.words = NASUSER + ["env", f"HOME={folder}/home", f"XDG_RUNTIME_DIR={runtime}", "podman"]
        if kind == "docker":
            self.now = []
            self.words = ["docker", "--host", "unix:///run/docker.sock"]
            self.server = subprocess.Popen(
                ["dockerd", "--data-root", folder / "images", "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",
                 "--host", "unix:///run/docker.sock", "--storage-driver", "vfs"], stdout=subprocess.DEVNULL, stderr=open(folder / "dockerd", "w"))
            awaited("dockerd", lambda: self("version", check=False).returncode == 0)

    def __call__(self, *words, check=True, **more):
        done = subprocess.run([*self.words, *map(str, words)], capture_output=True, text=True, cwd="/", **more)
        if check and done.returncode != 0:
            broken(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")
        return done

    def start(self, name, *options, words=()):
        """Starts a container. What it says and how it ends is asked for later."""
        self("run", "-d", "--name", name, "--hostname", "nas.home.arpa", "--read-only", "--cap-drop", "ALL",
             "--security-opt", "no-new-privileges", *self.parent, *options, "pillarbox:latest", *words)
        return Container(self, name)

    def published(self):
        ports = [110, 995, 25, 465, 1080, 1443]
        return [word for port in ports for word in ("-p", f"{port + self.ahead}:{port}")]

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()


class Container:
    def __init__(self, engine, name):
        self.engine, self.name = engine, name

    def box(self, *words, **more):
        """Runs a command of the program in the container."""
        return self.engine("exec", *more.pop("options", ()), self.name, PROGRAM, *words, **more)

    def log(self):
        done = self.engine("logs", self.name, check=False)
        return done.stdout + done.stderr

    def running(self):
        return self.engine("inspect", "--format", "{{.State.Running}}", self.name).stdout.strip() == "true"

    def serves(self):
        """Waits until its health checks pass."""
        def well():
            if not self.running():
                broken(f"{self.name} has ended: {self.log()}")
            return self.box("health", check=False).returncode == 0
        awaited(f"{self.name}: {self.name} is not well", well)
        return self

    def fails(self):
        """Waits until it has ended, and returns what it said."""
        awaited(f"{self.name} goes on", lambda: not self.running())
        log = self.log()
        self.remove()
        return log

    def remove(self, *more):
        self.engine("rm", "-f", *self.engine.now, *more, self.name)


def broken(text):
    sys.exit(f"containers: {text}")


def awaited(what, done):
    """Waits until something holds, two minutes at most, because a busy machine is slow."""
    for _ in range(600):
        if done():
            return
        time.sleep(0.2)
    broken("not in time: " + what)


def expect(condition, text):
    if not condition:
        broken(text)


def names_all(text, *parts):
    for part in parts:
        expect(part in text, f"{part!r} is not in: {text}")


def mail(container, count):
    """Sends a message to the NAS, and fetches all over TLS with a certificate for its address."""
    engine = container.engine
    with smtplib.SMTP(NAS, 25 + engine.ahead, timeout=30) as smtp:
        smtp.sendmail("camera@home.arpa", ["mail@home.arpa"], "Subject: door\r\n\r\nsomebody is at the door\r\n")
    tls = ssl.create_default_context(cadata=container.box("setup", "-ca", "-").stdout)
    pop = poplib.POP3_SSL(NAS, 995 + engine.ahead, context=tls, timeout=30)
    names = {value for _, value in pop.sock.getpeercert()["subjectAltName"]}
    expect({NAS, "nas.lan", "nas.home.arpa"} <= names, f"the certificate is for {names}")
    expect(not [name for name in names if name.startswith(("10.", "172."))], f"the container's address is in the certificate: {names}")
    pop.user("mail")
    pop.pass_(PASSWORD)
    found = pop.stat()[0]
    pop.quit()
    expect(found == count, f"{found} messages are there, not {count}")


def page(container):
    """Opens the page by the address of the NAS, and over TLS with a certificate for it."""
    ahead = container.engine.ahead
    tls = ssl.create_default_context(cadata=container.box("setup", "-ca", "-").stdout)
    for connection, path in ((http.client.HTTPConnection(NAS, 1080 + ahead, timeout=30), "/"),
                             (http.client.HTTPSConnection(NAS, 1443 + ahead, timeout=30, context=tls), "/log-in")):
        connection.request("GET", path)
        answer = connection.getresponse()
        expect(answer.status == 200, f"the page at port {connection.port} answers {answer.status}: {answer.read()}")


def image(engine, archive):
    """The archive has two tags and a health check, which the engine knows of."""
    engine("load", "-i", archive)
    tags = set(engine("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split())
    version = re.search(r"pillarbox_(.+)_", archive.name)[1].replace("~", "-")
    for tag in ("latest", version):
        expect(any(name.endswith("pillarbox:" + tag) for name in tags), f"no tag {tag} among {tags}")
    checks = engine("inspect", "--type", "image", "--format", "{{json .}}", "pillarbox:latest").stdout
    names_all("".join(checks.split()), "ealthcheck", '"CMD","/usr/bin/pillarbox","health"')


def family(engine):
    """O2, O4: mail in and out under the address of the NAS; another container goes on with the same volume."""
    options = ["-v", "mail:/var/lib/pillarbox", "-e", f"PILLARBOX_TLS_NAMES={NAS},nas.lan", *SYSCTL, *engine.published()]
    one = engine.start("family", *options).serves()
    setup = one.box("setup").stdout
    names_all(setup, f"Server        {NAS}\n", "/var/lib/pillarbox/first-login", "user passwd mail", "port 995", "port 465")
    one.box("user", "passwd", "mail", options=["-i"], input=PASSWORD + "\n")
    mail(one, 1)
    page(one)
    if engine.words[-1] == "podman":
        engine("healthcheck", "run", "family")
    crowd = [socket.create_connection((NAS, 110 + engine.ahead), timeout=30) for _ in range(48)]
    for conn in crowd:
        expect(conn.recv(100).startswith(b"+OK"), "one of 48 sessions of the engine's address is refused")
    crowd[0].sendall(b"NOOP\r\n")
    expect(crowd[0].recv(100) != b"", "the first of 48 sessions of the engine's address made room")
    for conn in crowd:
        conn.close()
    denied = one.box("user", "list", options=["--user", "0:0"], check=False)
    expect(denied.returncode != 0, "a root without capabilities reads the accounts")
    names_all(denied.stderr, "as the owner of the directory")
    before = one.box("setup").stdout
    one.remove()
    one = engine.start("family", *options).serves()
    expect(re.findall("[0-9A-F:]{40,}", one.box("setup").stdout) == re.findall("[0-9A-F:]{40,}", before), "another container has another certificate")
    mail(one, 2)
    one.remove()


def ports(engine):
    """O1: without the standard ports a start fails and says what to do; ports of a start before it bind nobody."""
    first = engine.start("ports", "-v", "ports:/var/lib/pillarbox", "--sysctl", "net.ipv4.ip_unprivileged_port_start=1024")
    names_all(first.fails(), ":110 is not permitted", "net.ipv4.ip_unprivileged_port_start=0")
    default = [word for key in ("POP3_LISTEN", "POP3_LISTEN_TLS", "SMTP_LISTEN", "SMTP_LISTEN_TLS") for word in ("-e", f"PILLARBOX_{key}=")]
    other = engine.start("ports", "-v", "ports:/var/lib/pillarbox", "--sysctl", "net.ipv4.ip_unprivileged_port_start=1024", *default)
    awaited("it serves other ports", lambda: "first start" in other.log() and "ready" in other.log())
    names_all(other.log(), "the standard ports are not used", "1110 for 110")
    health = other.box("health", check=False)
    expect(health.returncode == 1, f"ports that nobody can reach are well: {health.stdout}")
    names_all(health.stdout + health.stderr, "UNREACHABLE", "1110 for 110", "no client can reach the server")
    other.remove()
    again = engine.start("ports", "-v", "ports:/var/lib/pillarbox", *SYSCTL, *default).serves()
    names_all(again.box("setup").stdout, "port 995", "port 110")
    again.remove()


def folders(engine):
    """O6: a mounted folder of another user works, or the log says what to type."""
    for mode in (0o755, 0o700, 0o777):
        folder = engine.folder / "home" / f"mail-{mode:o}"
        folder.mkdir()
        subprocess.run(["chown", "1026:100", folder], check=True)
        folder.chmod(mode)
        mount = ["-v", f"{folder}:/var/lib/pillarbox", *SYSCTL]
        log = engine.start("folder", *mount).fails()
        owner = "0:0" if engine.rootless else "1026:100"
        names_all(log, f"belongs to {owner} (mode {mode:04o})", "this process is 1110:1110", "chown -R 1110:1110 /var/lib/pillarbox")
        if engine.rootless:
            names_all(log, ":U")
            engine.start("folder", "-v", f"{folder}:/var/lib/pillarbox:U", *SYSCTL).serves().remove()
        else:
            names_all(log, 'user: "1026:100"')
            engine.start("folder", "--user", "1026:100", *mount).serves().remove()
            expect(folder.stat().st_mode & 0o022 == 0, "others can write into the folder")


def configuration(engine):
    """A mounted configuration comes before what the image sets, and one that cannot be read names the user."""
    file = engine.folder / "home" / "pillarbox.toml"
    file.write_text('[pop3]\nlisten = [":2110"]\n')
    subprocess.run(["chown", "1026:100", file], check=True)
    mount = ["-v", f"{file}:/etc/pillarbox/pillarbox.toml:ro", *SYSCTL]
    one = engine.start("configuration", *mount).serves()
    names_all(one.box("check-config", "-print").stdout, 'pop3.listen = [":2110"]  # /etc/pillarbox/pillarbox.toml:2',
              'pop3.listen_tls = [":995"]  # environment variable PILLARBOX_POP3_LISTEN_TLS')
    one.remove("-v")
    file.chmod(0o600)
    names_all(engine.start("configuration", *mount).fails(), "permission denied for user 1110", "chmod a+r")


def memory(engine):
    """The limit of the container is seen, whatever version of control groups the machine has."""
    if engine.rootless:
        return  # needs control groups that the user may change
    one = engine.start("memory", "--memory", "48m", *SYSCTL).serves()
    names_all(one.box("check-config", "-print").stdout, 'service.memory = "24MiB"')
    one.remove("-v")


def compose(engine, program):
    """O3: the shipped compose file, with the address of the NAS in it and nothing else changed."""
    shipped = pathlib.Path(__file__).parent.parent / "oci/compose.yaml"
    text = shipped.read_text()
    file = engine.folder / program / "compose.yaml"
    file.parent.mkdir()
    file.write_text(text.replace('PILLARBOX_TLS_NAMES: ""', f'PILLARBOX_TLS_NAMES: "{NAS},nas.lan"'))
    expect(file.read_text() != text, "compose.yaml has no line for the names")

    def run(*words):
        done = subprocess.run([program, "-f", file, *words], capture_output=True, text=True, cwd=file.parent, env=os.environ | {"DOCKER_HOST": "unix:///run/docker.sock"})
        expect(done.returncode == 0, f"{program} {words[0]}: {done.stdout}{done.stderr}")

    run("up", "-d")
    one = Container(engine, "pillarbox").serves()
    one.box("user", "passwd", "mail", options=["-i"], input=PASSWORD + "\n")
    mail(one, 1)
    page(one)
    if engine.server:
        awaited("Docker calls it healthy", lambda: engine("inspect", "--format", "{{.State.Health.Status}}", "pillarbox").stdout == "healthy\n")
    else:
        engine("healthcheck", "run", "pillarbox")
    run("down")


def checks(kind, engine):
    """The checks of an engine, as pairs of a name and a call."""
    if kind == "compose":
        program = "docker-compose" if engine.server else "podman-compose"
        return [(program, lambda: compose(engine, program))]
    return [(check.__name__, lambda check=check: check(engine)) for check in (family, ports, folders, configuration, memory)]


def use(kind, engine, archive):
    try:
        image(engine, archive)
        for name, check in checks(kind, engine):
            began = time.monotonic()
            check()
            print(f"containers: {kind}: {name}: {time.monotonic() - began:.0f} s", flush=True)
    finally:
        engine.stop()


def main(kind, archive, folder, group):
    if kind != "compose":
        return use(kind, Engine(kind, folder, group), archive)
    for engine, program in (("docker", "docker-compose"), ("podman", "podman-compose")):
        if shutil.which(program):
            use(kind, Engine(engine, folder, group), archive)
        elif os.environ.get("CI") == "true":
            broken(f"{program} is not installed")


main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4])
