"""ubusd.py: OpenWrt's message bus with procd's object "service" on it, as far as a mail server meets them.

Written from what the real ones were seen to answer. Who may call is decided by the files in /usr/share/acl.d, by
ubusd's rules: root may do everything; a file counts that is root's and that others cannot write; its user must exist
when the file is read, which is at the start and on SIGHUP; an object of which the caller may use no method is left out
of a lookup, whose status is 0 even so.
"""
import glob
import json
import os
import pwd
import socket
import struct
import threading

STATUS, DATA, LOOKUP, INVOKE = 1, 2, 4, 5
OK, NOT_FOUND, NOT_PERMITTED = 0, 4, 6
SERVICE = 0xABCDEF01  # the id of the object


class Ubusd:
    def __init__(self, path, acl_folder, service):
        """service(method, arguments) answers a call: a status."""
        self.acl_folder, self.service = acl_folder, service
        self.load()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def load(self):
        """Reads the files anew, as SIGHUP has it done."""
        self.rules = []
        for path in sorted(glob.glob(self.acl_folder + "/*.json")):
            stat = os.stat(path)
            if stat.st_uid or stat.st_gid or stat.st_mode & 0o023:
                continue
            acl = json.load(open(path))
            try:
                uid = pwd.getpwnam(acl["user"]).pw_uid
            except KeyError:
                continue
            for name, access in acl.get("access", {}).items():
                self.rules.append((uid, name, access.get("methods", [])))

    def permits(self, uid, method):
        return uid == 0 or any(uid == u and name == "service" and ({method, "*"} & set(methods)) for u, name, methods in self.rules)

    def accept(self):
        while True:
            conn, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        _, uid, _ = struct.unpack("3i", conn.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        stream = conn.makefile("rb")
        conn.sendall(message(0, 0, b""))  # HELLO
        while len(head := stream.read(12)) == 12:
            _, kind, seq, _, size = struct.unpack(">BBHII", head)
            asked = dict(attributes(stream.read((size & 0xFFFFFF) - 4)))
            status = NOT_FOUND
            if kind == LOOKUP and asked.get(2) == b"service\0":
                status = OK
                if self.permits(uid, "watchdog"):
                    conn.sendall(message(DATA, seq, attribute(2, b"service\0") + attribute(3, struct.pack(">I", SERVICE))))
            elif kind == INVOKE and asked.get(3) == struct.pack(">I", SERVICE):
                method = asked[4].rstrip(b"\0").decode()
                status = NOT_PERMITTED
                if self.permits(uid, method):
                    status = self.service(method, arguments(asked.get(7, b"")))
            conn.sendall(message(STATUS, seq, attribute(1, struct.pack(">I", status))))
        conn.close()


def attribute(kind, content):
    whole = struct.pack(">I", kind << 24 | 4 + len(content)) + content
    return whole + bytes(-len(whole) % 4)


def message(kind, seq, content):
    return struct.pack(">BBHI", 0, kind, seq, 0x1234) + attribute(0, content)


def attributes(octets):
    while len(octets) >= 4:
        (head,) = struct.unpack(">I", octets[:4])
        size = head & 0xFFFFFF
        yield head >> 24 & 0x7F, octets[4:size]
        octets = octets[(size + 3) & ~3 :]


def arguments(octets):
    """The named arguments of a call: texts (type 3) and numbers (type 5)."""
    found = {}
    for kind, content in attributes(octets):
        (length,) = struct.unpack(">H", content[:2])
        value = content[(2 + length + 1 + 3) & ~3 :]
        name = content[2 : 2 + length].decode()
        found[name] = struct.unpack(">I", value)[0] if kind == 5 else value.rstrip(b"\0").decode()
    return found
