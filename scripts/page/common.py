"""Network namespaces; os.setns is new in Python 3.12."""

import contextlib
import ctypes
import os


def enter(namespace):
    """Enters a network namespace, given by name or as an open file."""
    fd = namespace if isinstance(namespace, int) else os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def lift(namespace):
    """Sockets that are made meanwhile are in another network namespace."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(namespace)
    try:
        yield
    finally:
        enter(here)
        os.close(here)
