"""limits.py: checks that each package limits memory and tasks, and leaves room beside the server for one child process.

The server keeps its own memory below service.memory, 64 MiB unless it is set; a child takes 3 MiB at most. It has a thread for each of its
256 sessions at worst, when the disk hangs. No package may filter outgoing connections, and none but systemd's may filter system calls.
"""
import json
import pathlib
import re
import sys

MIB = 1 << 20
SERVER, CHILD, THREADS = 64 * MIB, 3 * MIB, 256
UNITS = {"": 1, "m": MIB, "mib": MIB, "g": 1 << 30}

package = pathlib.Path(__file__).resolve().parent.parent


def found(path, pattern):
    """The group of a pattern that occurs once in a file."""
    text = (package / path).read_text()
    hits = re.findall(pattern, text, re.MULTILINE)
    if len(hits) != 1:
        sys.exit(f"limits: {path}: {len(hits)} lines match {pattern}")
    return hits[0]


def size(text):
    number, unit = re.fullmatch(r"(\d+)([A-Za-z]*)", text).groups()
    return int(number) * UNITS[unit.lower()]


def room(path, memory, tasks):
    """Fails when the server and a child of it do not fit, or when the limit would stop nothing on a NAS."""
    if not SERVER + CHILD < memory <= 512 * MIB:
        sys.exit(f"limits: {path}: {memory} octets of memory")
    if not 2 * THREADS < tasks <= 4 * THREADS:
        sys.exit(f"limits: {path}: {tasks} tasks")


unit = "systemd/pillarbox.service"
room(unit, size(found(unit, r"^MemoryMax=(\S+)$")), int(found(unit, r"^TasksMax=(\d+)$")))
found(unit, r"^OOMPolicy=(continue)$")  # a child without memory does not end the server
compose = "oci/compose.yaml"
room(compose, size(found(compose, r"^    mem_limit: (\S+)")), int(found(compose, r"^    pids_limit: (\d+)")))
init = "openwrt/pillarbox/files/pillarbox.init"
data, tasks = found(init, r'^\tprocd_set_param limits data="(\d+) \d+" nproc="(\d+) \d+"$')
room(init, int(data), int(tasks))

gokrazy = "gokrazy/config.json"
[config] = json.loads((package / gokrazy).read_text())["PackageConfig"].values()
files = config["ExtraFileContents"]
toml = files["/etc/pillarbox/pillarbox.toml"]
user = re.search(r'^user = "(.+)"$', toml, re.MULTILINE)
if not user or not re.search(rf"^{user[1]}:x:[1-9]", files["/etc/passwd"], re.MULTILINE):
    sys.exit(f"limits: {gokrazy}: the server stays root, or becomes a user that is not in its /etc/passwd")
# gokrazy has no limit of its own, so the server keeps it.
memory = re.search(r'^memory = "(.+)"$', toml, re.MULTILINE)
if not memory or size(memory[1]) != SERVER:
    sys.exit(f"limits: {gokrazy}: service.memory is not {SERVER}")

for path in package.rglob("*"):
    if path.is_file() and package / "test" not in path.parents:
        text = path.read_text()
        if "IPAddressDeny" in text or "procd_set_param seccomp" in text:
            sys.exit(f"limits: {path}: filters what a later child needs")
print("limits: PASS")
