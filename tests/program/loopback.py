# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A network of its own for programs that others wrote: nothing but a loopback device, so that they cannot call out.

A network namespace belongs to a thread. What this thread starts within the context is born into it, and so are its own
sockets; other threads of the tests stay where they are. Needs root; without it the context does nothing and says so.
"""

import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000


@contextlib.contextmanager
def loopback_only():
    """True if the network is cut off within the context."""
    if os.geteuid() != 0:
        yield False
        return
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(CLONE_NEWNET) != 0:
            yield False
            return
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield True
        finally:
            assert libc.setns(home, CLONE_NEWNET) == 0, "the thread did not come back to its network"
    finally:
        os.close(home)
