"""A network segment with the emulated board, and a host on it that asks by multicast DNS (RFC 6762).

The segment is a second network card of the board: its frames are datagrams of a Unix socket, so that no right is
needed and nothing reaches the machine's own networks.
"""

import os
import re
import socket
import struct
import time

BOARD, HOST = "192.168.77.1", "192.168.77.2"
GROUP = "224.0.0.251"
HERE = bytes.fromhex("020000000002")


def checksum(octets):
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def question(name):
    """A frame that asks for the IPv4 address of a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    dns = struct.pack(">6H", 0, 0, 1, 0, 0, 0) + labels + struct.pack(">2H", 1, 1)
    udp = struct.pack(">4H", 5353, 5353, 8 + len(dns), 0) + dns  # no checksum
    source, group = socket.inet_aton(HOST), socket.inet_aton(GROUP)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 255, 17, 0, source, group)
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return bytes.fromhex("01005e0000fb") + HERE + b"\x08\x00" + ip + udp, labels


class Segment:
    def __init__(self, place):
        self.ours, self.theirs = f"{place}.host", f"{place}.board"
        for path in self.ours, self.theirs:
            if os.path.exists(path):
                os.remove(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.ours)
        self.options = ["-netdev", f"dgram,id=segment,local.type=unix,local.path={self.theirs},remote.type=unix,remote.path={self.ours}",
                        "-device", "virtio-net-pci,netdev=segment,romfile="]

    def join(self, board):
        """Gives the second card of the board its address."""
        said, code = board.run(f"ip address add {BOARD}/24 dev eth1 && ip link set eth1 up")
        if code != 0:
            raise SystemExit(f"the board has no second network card: {said}")

    def resolve(self, name, seconds):
        """Asks for a name until somebody answers, and returns the address."""
        frame, labels = question(name)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.socket.settimeout(2)
            self.socket.sendto(frame, self.theirs)
            try:
                while True:
                    answer = self.address(self.socket.recv(65536), labels)
                    if answer:
                        return answer
            except TimeoutError:
                pass
        raise SystemExit(f"in {seconds} s nobody on the segment had the name {name}")

    @staticmethod
    def address(frame, labels):
        """The address in an answer; None if the frame is another one."""
        if frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[34:36] != struct.pack(">H", 5353):
            return None
        dns = frame[42:]
        if not dns[2] & 0x80:
            return None
        # The record: its name (or a pointer to it), type A, class IN with the cache flush, four octets.
        found = re.search(rb"(?:" + re.escape(labels) + rb"|\xc0.)\x00\x01\x80\x01....\x00\x04(....)", dns, re.DOTALL)
        return socket.inet_ntoa(found[1]) if found and labels[:-1].lower() in dns.lower() else None
