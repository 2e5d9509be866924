"""router.py: the life of the OpenWrt package on a router that router.sh has made, with the ACL file, the init script and
the jail options that the package ships: start, mail, procd's watchdog, bad values and `enabled` in every order, a
router without ujail, and a firmware upgrade. procd, ujail and ubusd are those of procd.py and ubusd.py.
"""
import itertools
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

from procd import UJAIL, Procd
from ubusd import Ubusd

HERE = os.path.dirname(__file__)
INIT, CONFIG, STATE = "/etc/init.d/pillarbox", "/etc/config/pillarbox", "/srv/pillarbox"
LOG, RUNNING = "/tmp/log", "/tmp/running"
BEGAN = time.monotonic()
CALL = """. "$1/uci.sh"; tail -n +2 "$2" >/tmp/init; . /tmp/init; shift 2; "$@" """
GOOD = open(CONFIG).read()
BAD = GOOD.replace("option max_message '20MiB'", "option max_message 'a lot'")
OFF = GOOD.replace("option enabled '1'", "option enabled '0'")


def fail(text):
    print(open(LOG).read()[-6000:], file=sys.stderr)
    sys.exit("router: " + text)


def step(text):
    print(f"router: {time.monotonic() - BEGAN:3.0f} s: {text}", flush=True)


def uci(text):
    open(CONFIG, "w").write(text)


def call(procd, action):
    """Calls the init script: its exit code, and what it said to the user."""
    if procd.running():
        open(RUNNING, "w").close()
    elif os.path.exists(RUNNING):
        os.remove(RUNNING)
    env = dict(os.environ, UCI_FOLDER="/etc/config", UCI_RUNNING=RUNNING, UCI_CHOWN="1")
    done = subprocess.run(["dash", "-c", CALL, "init", HERE, INIT, action], env=env, capture_output=True, text=True)
    said = procd.take(done.stdout.splitlines())
    return done.returncode, "\n".join(said) + done.stderr


def reload_config(procd):
    """What "Save & Apply" comes to, where the service has a trigger."""
    return call(procd, "reload") if procd.triggers else (0, "")


def awaited(what, test):
    """Waits for an event, five minutes at most, because a busy machine is slow."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        if test():
            return
        time.sleep(0.05)
    fail("not in time: " + what)


def logged(text, since=0):
    return text in open(LOG).read()[since:]


def mail(*words):
    return subprocess.run([sys.executable, "-B", HERE + "/mail.py", STATE, *words], capture_output=True, text=True)


def serves(subject, count):
    awaited("mail out", lambda: mail("count", str(count - 1)).returncode == 0)
    for words in (("send", subject), ("count", str(count))):
        done = mail(*words)
        done.returncode == 0 or fail(f"{words}: {done.stderr}")


def started(procd, action="start"):
    """Calls the init script and waits for the server."""
    since = os.path.getsize(LOG)
    code, said = call(procd, action)
    code == 0 or fail(f"{action}: {code}, {said}")
    awaited("ready", lambda: logged(" ready ", since) or procd.starts > 5)
    procd.starts <= 5 or fail("it does not start")
    return said


def of_process(procd, key):
    for line in open(f"/proc/{procd.process.pid}/status"):
        if line.startswith(key + ":"):
            return line.split()[1:]


def ports():
    return [line.split()[1] for line in open(STATE + "/ports") if line[:1].isdigit()]


def first_start(procd):
    step("the default configuration starts in the jail, on the overlay")
    started(procd)
    root = os.listdir(f"/proc/{procd.process.pid}/root")
    "overlay" not in root and "rom" not in root or fail(f"it is in no jail: {root}")
    of_process(procd, "Uid")[0] == "1110" or fail("it is not its own user")
    of_process(procd, "CapEff") == of_process(procd, "CapBnd") == ["0000000000000400"] or fail("it has other rights than the low ports")
    of_process(procd, "NoNewPrivs") == ["1"] or fail("it may gain rights")
    ports() == ["110", "995", "25", "587", "465"] or fail(f"its ports are {ports()}")
    logged("overlayfs keeps") or logged("file system") or fail("nothing is said of the file system")
    not logged("lies in memory") or fail("the overlay does not lie in memory")
    serves("one", 1)
    services = {name: port for name, _, port in procd.instance.mdns}
    services == {"pop3": "110", "pop3s": "995", "smtp": "25", "submission": "587", "submissions": "465",
                 "http": "1080", "https": "1443"} or fail(f"umdns gets {services}")


def killed(procd):
    step("killed: it is back, and the mail is there")
    procd.process.kill()
    awaited("a new process", lambda: procd.starts == 2 and procd.running())
    serves("two", 2)


def watchdog(procd, bus):
    step("procd's watchdog, with the ACL and the jail options of the package")
    uci(GOOD + "\nconfig watchdog 'watchdog'\n\toption device 'procd'\n\toption timeout '5s'\n")
    procd.starts, procd.calls = 0, []
    started(procd, "restart")
    procd.calls[:3] == ["start", 0, 2] and procd.seconds == 5 or fail(f"procd was called with {procd.calls}, {procd.seconds} s")
    health = subprocess.run(["pillarbox", "health"], capture_output=True, text=True)
    "procd" in health.stdout or fail(f"health says {health.stdout}{health.stderr}")

    procd.calls = []
    procd.process.send_signal(19)  # SIGSTOP: it feeds no more
    awaited("a new process", lambda: procd.calls[:1] != [] and "expired" in procd.calls and procd.running() and 2 in procd.calls[procd.calls.index("expired") :])
    after = procd.calls[procd.calls.index("expired") :]
    after[:4] == ["expired", "start", 0, 2] or fail(f"after it was hung procd was called with {after}: the timer ran while the spool was opened")
    serves("three", 3)

    since = os.path.getsize(LOG)
    call(procd, "stop")
    procd.due is None and not logged("ubus", since) or fail("a stop does not go in peace")

    acl = "/usr/share/acl.d/pillarbox.json"
    text = open(acl).read()
    os.remove(acl)
    bus.load()
    procd.starts, since = 0, os.path.getsize(LOG)
    started(procd)
    logged("no watchdog is fed", since) and logged("/usr/share/acl.d", since) or fail("without the ACL it does not say what is missing")
    procd.mode == 0 or fail("without the ACL procd was called")
    open(acl, "w").write(text)
    bus.load()
    uci(GOOD)
    procd.starts = 0
    started(procd, "restart")
    "ubus" not in procd.instance.jail or fail("the jail has ubus and needs none")


def bad_value(procd):
    step("a bad value does not stop it, and a repair does not either")
    process = procd.process
    uci(BAD)
    code, said = call(procd, "start")
    code == 1 or fail(f"start with a bad value: exit code {code}")
    "smtp.max_message" in said and "new.toml" not in said or fail(f"start with a bad value says: {said}")
    code, said = reload_config(procd)
    code == 0 and "smtp.max_message" in said or fail(f"reload with a bad value: {code}, {said}")
    procd.process is process and procd.running() or fail("a bad value has stopped it")
    serves("four", 4)
    code, said = call(procd, "restart")
    code == 1 and procd.running() or fail(f"restart with a bad value: {code}, {said}")
    process = procd.process
    awaited("the values of before", lambda: mail("count", "4").returncode == 0)
    uci(GOOD.replace("home.arpa", "home.example"))
    since = os.path.getsize(LOG)
    reload_config(procd)
    awaited("the reload", lambda: logged("reloaded", since))
    procd.process is process or fail("a reload has started it again")
    uci(OFF)
    reload_config(procd)
    not procd.running() or fail('"Save & Apply" does not switch it off')
    uci(GOOD)
    procd.starts = 0
    started(procd, "reload")
    serves("five", 5)


def every_order():
    """Every order of two changes after a boot, and of two that are saved and applied while it runs."""
    step("good, bad and switched off, by start and by Save & Apply, in every order")
    changes = [(text, action) for text in (GOOD, BAD, OFF) for action in ("start", "reload")]
    names = {GOOD: "good", BAD: "bad", OFF: "off"}
    applied = [change for change in changes if change[1] == "reload"]
    orders = [*itertools.product(changes, repeat=2), *(((GOOD, "start"), *two) for two in itertools.product(applied, repeat=2))]
    for order in orders:
        shutil.rmtree("/var/etc/pillarbox", ignore_errors=True)  # a boot: /var is memory
        procd, usable, seen = Procd(None, dry=True), False, []
        procd.triggers = True  # the last state of a boot that has started the service
        for text, action in order:
            uci(text)
            was, starts = procd.running(), procd.starts
            code, said = call(procd, "start") if action == "start" else reload_config(procd)
            seen.append(f"{names[text]} {action}")
            usable = usable or text == GOOD
            want = text != OFF and usable
            procd.running() == want or fail(f"{seen}: runs {procd.running()}; {said}")
            procd.triggers or fail(f"{seen}: the next change is not noticed")
            procd.starts == starts + (want and not was) or fail(f"{seen}: it was started again")
            text == BAD and action == "start" and code == 0 and fail(f"{seen}: nobody is told")
    shutil.rmtree("/var/etc/pillarbox", ignore_errors=True)
    uci(GOOD)


def without_ujail(procd):
    step("without procd-ujail it starts as root and becomes its user")
    call(procd, "stop")
    os.rename(UJAIL, UJAIL + ".away")
    procd.starts = 0
    said = started(procd)
    "procd-ujail is not installed" in said or fail(f"it does not say that ujail is missing: {said}")
    os.path.exists(f"/proc/{procd.process.pid}/root/overlay") or fail("it is in a jail")
    of_process(procd, "Uid") == ["1110"] * 4 or fail("it stays root")
    ports() == ["110", "995", "25", "587", "465"] or fail(f"its ports are {ports()}")
    serves("six", 6)
    os.rename(UJAIL + ".away", UJAIL)


def unreadable_key(procd):
    step("a key that root alone can read, as acme has it: a certificate of its own, and the remedy")
    call(procd, "stop")
    for name in ("crt", "key"):
        shutil.copyfile(f"{STATE}/certs/box.{name}", f"/etc/router.{name}")
        os.chmod(f"/etc/router.{name}", 0o600)
    uci(GOOD + "\nconfig tls 'tls'\n\toption cert '/etc/router.crt'\n\toption key '/etc/router.key'\n")
    procd.starts, since = 0, os.path.getsize(LOG)
    started(procd)
    logged("chmod 640", since) and logged("/etc/router.key", since) and logged("1110", since) or fail("it does not name the user and the remedy")
    serves("seven", 7)
    uci(GOOD)


def firmware_upgrade(procd):
    step("a firmware upgrade keeps accounts, certificate and ports")
    call(procd, "stop")
    listed = [line.strip() for line in open("/lib/upgrade/keep.d/pillarbox") if line[:1] == "/"]
    kept = subprocess.run(["find", *listed, "(", "-type", "f", "-o", "-type", "l", ")"], capture_output=True, text=True).stdout.split()
    subprocess.run(["tar", "-cf", "/tmp/kept.tar", *kept], check=True, stderr=subprocess.DEVNULL)
    certificate = open(STATE + "/certs/ca.crt").read()
    shutil.rmtree(STATE)
    subprocess.run(["tar", "-xpf", "/tmp/kept.tar", "-C", "/"], check=True)
    os.makedirs("/tmp/of-root")  # a server that was taken over puts a link to what it wants
    shutil.rmtree(STATE + "/remote", ignore_errors=True)
    os.symlink("/tmp/of-root", STATE + "/remote")
    procd.starts = 0
    started(procd)
    os.stat("/tmp/of-root").st_uid == 0 or fail("root gives the server a directory that a link names")
    os.remove(STATE + "/remote")
    os.stat(STATE).st_uid == 1110 or fail("the state directory is not its own")
    os.stat(STATE + "/certs").st_uid == 1110 or fail("it cannot renew its certificate")
    open(STATE + "/certs/ca.crt").read() == certificate or fail("phones would have to trust a new certificate")
    serves("first after the upgrade", 1)


def main():
    open(LOG, "w").close()
    os.path.exists(UJAIL) or (os.makedirs(os.path.dirname(UJAIL), exist_ok=True), open(UJAIL, "w").write("#!/bin/sh\n"), os.chmod(UJAIL, 0o755))
    with open("/etc/passwd", "a") as passwd, open("/etc/group", "a") as group:
        passwd.write("pillarbox:x:1110:1110:pillarbox:/var/run/pillarbox:/bin/false\n")
        group.write("pillarbox:x:1110:\n")
    syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    syslog.bind("/dev/log")
    os.chmod("/dev/log", 0o666)
    log = open(LOG, "a")

    def lines():
        while True:
            log.write(syslog.recv(8192).decode() + "\n")
            log.flush()

    threading.Thread(target=lines, daemon=True).start()
    os.makedirs("/srv", exist_ok=True)
    procd = Procd(log)
    bus = Ubusd("/var/run/ubus/ubus.sock", "/usr/share/acl.d", procd.service)
    try:
        first_start(procd)
        killed(procd)
        watchdog(procd, bus)
        bad_value(procd)
        without_ujail(procd)
        unreadable_key(procd)
        firmware_upgrade(procd)
    finally:
        procd.set(None)
    every_order()
    step("PASS")


main()
