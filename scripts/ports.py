#!/usr/bin/env python3
"""ports.py N: prints N TCP ports that are free on this machine.

They lie below the range from which the kernel picks the source ports of connections. A port of
that range can be taken by any connection before the server binds it, even by the connection of a
client that waits for the server: it then connects to itself.
"""
import random
import socket
import sys

FIRST = 10000


def end():
    """The end of the ports below the kernel's own range, or of all where nothing is below it."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            low = int(file.read().split()[0])
    except OSError:
        low = 32768
    return low if low >= FIRST + 1000 else 65536


def free(port):
    try:
        return socket.create_server(("", port))
    except OSError:
        return None


sockets = []
for port in random.sample(range(FIRST, end()), 1000):
    if len(sockets) == int(sys.argv[1]):
        break
    bound = free(port)
    if bound:
        sockets.append(bound)
print(*(s.getsockname()[1] for s in sockets))
