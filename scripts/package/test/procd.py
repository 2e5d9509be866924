"""procd.py: OpenWrt's service manager and its jail, as far as the init script of a mail server meets them.

Written from what the real ones were seen to do: `set` without an instance stops the one that runs; with the same
instance it changes nothing; the trigger of a configuration calls `reload`; a signal to an instance that does not run is
"Not found"; the watchdog's mode stays with an instance that is started again, and its timer starts before the program
does anything; when it runs out, SIGTERM, SIGKILL after term_timeout, and a new start. The jail's root is a tmpfs
with nothing but the mounts that were asked for. Without /sbin/ujail, jail and capabilities are left out silently.
Pauses are a tenth of the real ones; the watchdog's timer has its real length.
"""
import ctypes
import json
import os
import pwd
import signal
import subprocess
import threading
import time

from ubusd import NOT_FOUND, OK

UJAIL = "/sbin/ujail"
PAUSE = 0.1  # of what a pause really is
VERBS = "open_service sent open_instance set_param add_jail add_jail_mount add_jail_mount_rw add_mdns_service close_instance add_reload_trigger add_restart_mount_trigger send_signal kill".split()

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source, target, kind=None, flags=0, data=None):
    octets = [word and word.encode() for word in (source, target, kind, data)]
    checked(libc.mount(octets[0], octets[1], octets[2], ctypes.c_ulong(flags), octets[3]))


MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18


class Instance:
    """What an init script says of one, as its lines."""

    def __init__(self, lines):
        self.lines = lines
        words = [line.split() for line in lines]
        self.params = {w[1]: w[2:] for w in words if w[0] == "set_param"}
        self.jail = next((w[2:] for w in words if w[0] == "add_jail"), None)
        self.mounts = [(path, w[0].endswith("_rw")) for w in words if w[0].startswith("add_jail_mount") for path in w[1:]]
        self.mdns = [tuple(w[1:]) for w in words if w[0] == "add_mdns_service"]


def bind(root, path, writable):
    """Shows the jail a file or a directory at its own place."""
    target = root + path
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "a").close()
    mount(path, target, flags=MS_BIND | MS_REC)
    if not writable:
        mount(None, target, flags=MS_REMOUNT | MS_BIND | MS_RDONLY)


def enter_jail(instance):
    """Makes the mount namespace of a jail, as ujail does, and goes into it."""
    checked(libc.unshare(0x20000))  # CLONE_NEWNS
    mount(None, "/", flags=MS_REC | MS_PRIVATE)
    root = "/tmp/ujail"
    os.makedirs(root, exist_ok=True)
    mount("tmpfs", root, "tmpfs", data="mode=0755")
    mounts = [(path, False) for path in instance.params["command"][:1]] + [("/dev/" + d, True) for d in ("null", "zero", "full", "random", "urandom")]
    mounts += [(path, writable) for path, writable in instance.mounts if os.path.exists(path)]
    if "log" in instance.jail:
        mounts.append(("/dev/log", True))
    if "ubus" in instance.jail:
        mounts.append(("/var/run/ubus/ubus.sock", True))
    for path, writable in mounts:
        bind(root, path, writable)
    for option, kind, path in (("procfs", "proc", "/proc"), ("sysfs", "sysfs", "/sys")):
        if option in instance.jail:
            os.makedirs(root + path, exist_ok=True)
            mount(kind, root + path, kind)
    os.chdir(root)
    os.makedirs("old", exist_ok=True)
    checked(libc.pivot_root(b".", b"old"))
    os.chdir("/")
    checked(libc.umount2(b"/old", 2))
    os.rmdir("/old")


CAPABILITIES = {"CAP_NET_BIND_SERVICE": 10}


def become(user, capabilities):
    """Takes the rights of a user and of the package's capabilities, and no others."""
    bits = {kind: sum(1 << CAPABILITIES[name] for name in names) for kind, names in capabilities.items()}
    entry = pwd.getpwnam(user)
    for capability in range(64):
        if not bits["bounding"] >> capability & 1:
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
    checked(libc.prctl(8, 1, 0, 0, 0))  # PR_SET_KEEPCAPS
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)(bits["effective"], bits["permitted"], bits["inheritable"], 0, 0, 0)
    checked(libc.capset(header, data))
    for capability in range(64):
        if bits["ambient"] >> capability & 1:
            checked(libc.prctl(47, 2, capability, 0, 0))  # PR_CAP_AMBIENT_RAISE


class Procd:
    def __init__(self, log, dry=False):
        """log is a file for what the program prints. dry: nothing is started, only noted."""
        self.lock = threading.RLock()
        self.log, self.dry = log, dry
        self.instance, self.process, self.triggers = None, None, False
        self.mode, self.seconds, self.due = 0, 30, None
        self.calls = []  # of the watchdog, and "start" for each start
        self.starts = 0

    # The object "service" on the bus.

    def service(self, method, arguments):
        with self.lock:
            if method != "watchdog" or arguments.get("name") != "pillarbox" or arguments.get("instance") != "instance1" or not self.instance:
                return NOT_FOUND
            self.mode, self.seconds = arguments["mode"], arguments["timeout"]
            self.calls.append(self.mode)
            self.due = time.monotonic() + self.seconds if self.mode else None
            return OK

    # What the init script sends.

    def take(self, lines):
        """Follows the lines that a call of the init script printed, and returns the others."""
        rest, inside, instance, triggers = [], False, None, False
        for line in lines:
            verb = line.split(" ", 1)[0]
            if verb not in VERBS:
                rest.append(line)
            elif verb == "open_service":
                instance, triggers = None, False
            elif verb == "open_instance":
                inside, instance = True, []
            elif verb == "close_instance":
                inside = False
            elif verb == "add_reload_trigger":
                triggers = True
            elif verb == "sent":
                self.triggers = triggers
                self.set(instance and Instance(instance))
            elif verb == "kill":
                self.triggers = False
                self.set(None)
            elif verb == "send_signal":
                rest += self.signal(line.split()[-1])
            elif inside:
                instance.append(line)
        return rest

    def set(self, instance):
        with self.lock:
            if instance and self.instance and instance.lines == self.instance.lines:
                return
            process, grace = self.process, self.instance and int(self.instance.params["term_timeout"][0])
            self.instance, self.process, self.due, self.mode = None, None, None, 0
        if process:
            end(process, grace)
        with self.lock:
            self.instance = instance
            if instance:
                self.start()

    def signal(self, name):
        with self.lock:
            if not self.running():
                return ["Command failed: ubus call service signal (Not found)"]
            if self.process:
                self.process.send_signal(getattr(signal, "SIG" + name))
            return []

    def running(self):
        return self.instance is not None and (self.dry or self.process is not None and self.process.poll() is None)

    # Processes.

    def start(self):
        """Starts the instance. lock is held."""
        self.starts += 1
        self.calls.append("start")
        if self.dry:
            return
        instance = self.instance
        jailed = instance.jail is not None and os.path.exists(UJAIL)

        def prepare():
            if jailed:
                capabilities = json.load(open(instance.params["capabilities"][0]))
                enter_jail(instance)
                become(instance.params["user"][0], capabilities)
            elif "user" in instance.params:
                entry = pwd.getpwnam(instance.params["user"][0])
                os.setgroups([])
                os.setgid(entry.pw_gid)
                os.setuid(entry.pw_uid)
            if instance.params.get("no_new_privs") == ["1"]:
                libc.prctl(38, 1, 0, 0, 0)

        env = dict(word.split("=", 1) for word in instance.params["env"])
        self.process = subprocess.Popen(instance.params["command"], preexec_fn=prepare, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)
        if self.mode:
            self.due = time.monotonic() + self.seconds
        threading.Thread(target=self.mind, args=(self.process, instance), daemon=True).start()
        threading.Thread(target=self.guard, args=(self.process, instance), daemon=True).start()

    def mind(self, process, instance):
        """Starts it again when it has ended by itself."""
        process.wait()
        time.sleep(float(instance.params["respawn"][1]) * PAUSE)
        with self.lock:
            if self.process is process:
                self.start()

    def guard(self, process, instance):
        """Ends it when its timer runs out."""
        while process.poll() is None:
            time.sleep(0.05)
            with self.lock:
                expired = self.process is process and self.due is not None and time.monotonic() > self.due
            if expired:
                self.calls.append("expired")
                end(process, int(instance.params["term_timeout"][0]) * PAUSE)


def end(process, grace):
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
