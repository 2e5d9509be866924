"""check.py BOX OURS THEIRS DIR: what mdns.sh checks; OURS and THEIRS are network namespaces."""

import ctypes
import os
import socket
import struct
import subprocess
import sys
import time

box, ours, theirs, place = sys.argv[1:]
CONFIG = """
hostname = "{host}.home.arpa"
state = "{place}/{host}-{ns}"
mdns = "{mdns}"
[spool]
volatile = true
capacity = "128MiB"
[web]
listen = [":80"]
listen_tls = [":443"]
"""


def inside(ns, *command, **options):
    return subprocess.run(["ip", "netns", "exec", ns, *command], capture_output=True, text=True, timeout=60, **options)


def start(ns, name, *command):
    log = open(f"{place}/{name}.log", "w")
    process = subprocess.Popen(["ip", "netns", "exec", ns, *command], stdout=log, stderr=log)
    with open(f"{place}/{name}.pid", "w") as f:
        f.write(str(process.pid))
    return process


def serve(ns, mdns="auto", host="nas"):
    path = f"{place}/{ns}.toml"
    with open(path, "w") as f:
        f.write(CONFIG.format(host=host, place=place, ns=ns, mdns=mdns))
    return start(ns, f"box-{ns}", box, "serve", "-config", path)


def wait_for(what, check, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        if check():
            print("ok   ", what, flush=True)
            return
        time.sleep(0.2)
    for name in sorted(os.listdir(place)):
        if name.endswith(".log"):
            print(f"--- {name}\n{open(f'{place}/{name}').read()[-2000:]}")
    sys.exit(f"FAIL  {what}")


def logged(ns, text):
    return lambda: text in open(f"{place}/box-{ns}.log").read()


def name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def avahi(ns):
    """Starts avahi-daemon with a bus of its own, in a mount namespace so that /run is private."""
    script = (
        "mount -t tmpfs none /run && mkdir -p /run/dbus /run/avahi-daemon && "
        "dbus-daemon --system --fork && exec avahi-daemon --no-drop-root --no-rlimits --no-chroot"
    )
    process = start(ns, f"avahi-{ns}", "unshare", "-m", "sh", "-c", script)
    time.sleep(2)
    return process


def browse(process, *arguments):
    pid = process.pid
    return subprocess.run(["nsenter", "-t", str(pid), "-m", "-n", *arguments], capture_output=True, text=True, timeout=60).stdout


def memory(process):
    for line in open(f"/proc/{process.pid}/smaps_rollup"):
        if line.startswith("Anonymous:"):
            return int(line.split()[1])


def enter(fd):
    """Enters a network namespace; os.setns is new in Python 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def asker(ns):
    """A socket in another namespace."""
    fd = os.open(f"/run/netns/{ns}", os.O_RDONLY)
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(fd)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", 5353))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    mreq = socket.inet_aton("224.0.0.251") + socket.inet_aton("192.168.77.2")
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreq)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.77.2"))
    s.settimeout(3)
    enter(here)
    return s


GROUP = ("224.0.0.251", 5353)


def questions(process):
    s = asker(theirs)
    wanted = struct.pack(">6H", 0, 0, 1, 0, 0, 0) + name("nas.local") + struct.pack(">2H", 1, 1)
    other = struct.pack(">6H", 0, 0, 1, 0, 0, 0) + name("tv.local") + struct.pack(">2H", 1, 1)
    unicast = struct.pack(">6H", 0, 0, 1, 0, 0, 0) + name("_pop3s._tcp.local") + struct.pack(">2H", 12, 0x8001)
    answer = struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + name("tv.local") + struct.pack(">2HIH", 1, 0x8001, 120, 4) + b"\xc0\xa8\x4d\x09"
    for i in range(100):
        s.sendto(unicast, GROUP)
    time.sleep(5)
    before = memory(process)
    began = os.times()
    spent = open(f"/proc/{process.pid}/stat").read().split()[13:15]
    for i in range(25000):
        for packet in (wanted, other, unicast, answer):
            s.sendto(packet, GROUP)
        if i % 50 == 0:
            time.sleep(0.002)
    after_stat = open(f"/proc/{process.pid}/stat").read().split()[13:15]
    ticks = sum(map(int, after_stat)) - sum(map(int, spent))
    time.sleep(6)
    after = memory(process)
    print(f"ok    100,000 packets: {before} KiB before, {after} KiB after, {ticks * 10} ms of CPU", flush=True)
    if after > before + 64:
        sys.exit("FAIL  memory grows with questions")
    s.close()


def main():
    nas = serve(ours)
    wait_for("the server announces nas.local", logged(ours, "announced on the local network name=nas.local"))
    questions(nas)
    daemon = avahi(theirs)
    wait_for("avahi resolves the name", lambda: "192.168.77.1" in browse(daemon, "avahi-resolve", "-4", "-n", "nas.local"))
    for kind, port in (("_pop3s._tcp", 995), ("_pop3._tcp", 110), ("_submissions._tcp", 465), ("_submission._tcp", 587), ("_https._tcp", 443), ("_http._tcp", 80)):
        wait_for(f"avahi finds {kind} on port {port}",
                 lambda: f";nas.local;192.168.77.1;{port};" in browse(daemon, "avahi-browse", "-rpt", kind))
    wait_for("avahi lists the types", lambda: "_pop3s._tcp" in browse(daemon, "avahi-browse", "-apt"))
    second = serve(theirs, mdns="on")
    wait_for("a second server of the name is nas-2.local", logged(theirs, "name=nas-2.local"))
    second.terminate()
    second.wait()
    nas.terminate()
    nas.wait()
    wait_for("after the goodbye the service is gone", lambda: "nas.local" not in browse(daemon, "avahi-browse", "-cpt", "_pop3s._tcp"))
    local = avahi(ours)
    nas = serve(ours)
    wait_for("beside avahi on the same host it is quiet", logged(ours, "reason=\"another program on this machine uses port 5353"))
    nas.terminate()
    nas.wait()
    local.terminate()
    local.wait()
    late = serve(ours)
    wait_for("without it the name is announced again", logged(ours, "announced on the local network name=nas.local"))
    local = avahi(ours)
    wait_for("when avahi begins, it withdraws within a minute", logged(ours, "reason=\"another program on this machine uses port 5353"), 75)
    late.terminate()
    local.terminate()


main()
