# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A line among hostile servers and people, and how it must be after each harm.

It must talk with a phone as before, each message must have arrived once, and the process may hold no more files and memory
than before. What a test module imports of it: the fixtures shared, world and same_process, and what is done with them.
"""

import collections
import contextlib
import itertools
import os
import sqlite3

import pytest

from tests.program.linked import BERT, CARL, SALES, open_world, pn
from tests.program.suite import is_sanitized

FILES_MORE = 12
MEMORY_MORE_KIB = 48 << 10

numbers = itertools.count(1)


class Vitals:
    """What a process holds; the sanitizers' own memory says nothing about ours."""

    def __init__(self, line):
        self.pid = line.process.popen.pid
        self.files = len(os.listdir(f"/proc/{self.pid}/fd"))
        with open(f"/proc/{self.pid}/status") as status:
            fields = dict(row.split(":", 1) for row in status)
        self.now_kib, self.peak_kib = (int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM"))

    def check(self, line):
        after = Vitals(line)
        assert after.files <= self.files + FILES_MORE, f"{after.files} files are open, {self.files} were"
        assert is_sanitized() or after.peak_kib <= self.peak_kib + MEMORY_MORE_KIB, f"{after.peak_kib} KiB, {self.peak_kib} KiB before"
        return after


def talk(world):
    """One message each way, each of which arrives once."""
    number = next(numbers)
    world.line.wait_state("ready")
    sent = world.phone_send(CARL, pn(SALES), text=f"still there? {number}")
    assert world.line.wait_message(sent)["text"] == f"still there? {number}"
    ours = world.line.send(CARL, text=f"still here {number}")
    world.wait_inbox(CARL, network_id=ours["network_id"], text=f"still here {number}")
    world.wait_event("message.received", network_id=sent)


def ask(world, question, account="sales"):
    with contextlib.closing(sqlite3.connect(f"file:{world.suite.data_dir}/accounts/{account}/whatsapp.db?mode=ro", uri=True)) as database:
        return database.execute(question).fetchall()


def check_nothing_twice(world):
    assert ask(world, "SELECT chat, network_id, count(*) FROM messages WHERE network_id IS NOT NULL GROUP BY 1, 2, sender HAVING count(*) > 1") == []
    ids = collections.Counter(event["data"]["message"]["network_id"] for event in world.events("message.received") if event["account"] == "sales")
    assert {name: count for name, count in ids.items() if count > 1 and name not in world.told_twice} == {}


def count_losses(world):
    return world.line.process.log().count("Disconnected:")


def cut(world):
    world.double.control(f"devices/{world.line.jid}/cut", {})


@pytest.fixture(scope="module")
def shared():
    with open_world(clients=()) as world:
        world.told_twice = set()
        world.losses = 0
        world.group = world.double.control("groups", {"by": CARL, "subject": "Us", "members": [SALES, BERT]})["jid"]
        talk(world)
        yield world


@pytest.fixture
def world(shared):
    # The wait before the next try grows with each loss, and a line may have come to an end: a new process begins anew.
    if count_losses(shared) > shared.losses or shared.line.state() != "ready":
        shared.line.kill()
        shared.line.wait_state("ready")
    shared.losses = count_losses(shared)
    shared.double.control("journal", method="DELETE")
    talk(shared)
    before, starts = Vitals(shared.line), shared.line.process.starts
    yield shared
    shared.double.control("faults", method="DELETE")
    talk(shared)
    if shared.line.process.starts == starts:
        before.check(shared.line)
    check_nothing_twice(shared)
    shared.check()


@pytest.fixture
def same_process(world):
    """For harm that is no reason to begin anew."""
    pid, losses = world.line.process.popen.pid, count_losses(world)
    yield
    assert world.line.process.popen.pid == pid and world.line.process.is_running()
    assert count_losses(world) == losses, "the connection was lost"


def rule(world, action, **more):
    world.double.control("faults", {"direction": "out", "tag": "message", "device": world.line.jid, "action": action} | more)


def last_error(world, account="sales"):
    """Code of the last state event that had one."""
    errors = [event["data"]["error"] for event in world.events("account.state") if event["account"] == account and event["data"].get("error")]
    return errors[-1] if errors else None
