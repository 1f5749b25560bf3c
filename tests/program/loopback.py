# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Networks for programs that others wrote, so that they cannot call out: one of its own with nothing but a loopback device, or
that of a container.

A network namespace belongs to a thread. What this thread starts within the context is born into it, and so are its own
sockets; other threads of the tests stay where they are. Needs root.
"""

import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000


@contextlib.contextmanager
def _back_home(libc):
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        yield
    finally:
        code = libc.setns(home, CLONE_NEWNET)
        os.close(home)
        assert code == 0, "the thread did not come back to its network"


@contextlib.contextmanager
def loopback_only():
    """True if the network is cut off within the context; False without root, where the context does nothing."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0:
        yield False
        return
    with _back_home(libc):
        if libc.unshare(CLONE_NEWNET) != 0:
            yield False
            return
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield True


@contextlib.contextmanager
def network_of(pid):
    """Within the context this thread is in the network of that process."""
    libc = ctypes.CDLL(None, use_errno=True)
    with _back_home(libc):
        there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        code = libc.setns(there, CLONE_NEWNET)
        os.close(there)
        assert code == 0, f"no way into the network of {pid}"
        yield
