# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A hostile server: whatever it sends, cuts or keeps to itself, the line goes on (hostile.py).

ULAK_SOAK=1 adds what takes minutes (a silent socket, unanswered pings, 100,000 messages that waited); ULAK_OFFLINE says how many of
those.
"""

import collections
import itertools
import os
import random
import zlib

import pytest

from tests.program.hostile import (  # noqa: F401
    MEMORY_MORE_KIB, Vitals, ask, count_losses, cut, last_error, rule, same_process, shared, talk, world)
from tests.program.linked import ANNA, BERT, CARL, SALES, lid, pn, reason_to_skip
from tests.program.suite import is_sanitized, wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

SOAK = os.environ.get("ULAK_SOAK") == "1"
OFFLINE = int(os.environ.get("ULAK_OFFLINE", "100000" if SOAK else "2000"))
BURST = 2500

# --- frames ---

FRAMES_SKIPPED = ("garble", "drop")                       # comes again with the next login
FRAMES_IN_PART = ("truncate",)                            # who wrote it can be read, and is asked
FRAMES_FATAL = ("bad-mac", "half", "cut", "cut-after", "replay-frame")
FRAMES_HARMLESS = ("compress", "duplicate", "delay")


@pytest.mark.parametrize("action", FRAMES_SKIPPED + FRAMES_IN_PART + FRAMES_FATAL + FRAMES_HARMLESS)
def test_a_message_in_a_bad_frame_arrives_once(world, action):
    pid = world.line.process.popen.pid
    rule(world, action, delay_ms=300)
    sent = world.phone_send(CARL, pn(SALES), text=f"in a bad frame: {action}")
    if action in FRAMES_SKIPPED:
        after = world.phone_send(CARL, pn(SALES), text=f"behind a bad frame: {action}")
        world.line.wait_message(after)
        assert world.line.read(sent) is None
        cut(world)
    if action in FRAMES_IN_PART:
        world.wait_event("message.undecryptable", network_id=sent)
        world.wait_event("message.replaced", network_id=sent)
    else:
        assert world.line.wait_message(sent)["text"] == f"in a bad frame: {action}"
        world.wait_event("message.received", network_id=sent)
    assert world.line.read(sent)["text"] == f"in a bad frame: {action}"
    assert world.line.process.popen.pid == pid


def test_an_oversized_frame_costs_no_more_than_itself(world):
    before = Vitals(world.line)
    world.double.control(f"devices/{world.line.jid}/frame", {"hex": "ffffff" + "00" * (8 << 20), "sealed": False, "framed": False})
    sent = world.phone_send(CARL, pn(SALES), text="swallowed by the frame before it")
    world.double.control(f"devices/{world.line.jid}/frame", {"hex": "00" * (8 << 20), "sealed": False, "framed": False})
    assert world.line.wait_message(sent)["text"] == "swallowed by the frame before it"
    before.check(world.line)


def test_nodes_nested_ten_thousand_deep_are_skipped(world, same_process):
    for _ in range(10):
        world.double.control(f"devices/{world.line.jid}/deep", {"depth": 10000})
    talk(world)


def test_a_frame_that_inflates_hugely_is_skipped(world, same_process):
    before = Vitals(world.line)
    bomb = (b"\2" + zlib.compress(bytes(256 << 20), 9)).hex()
    for _ in range(3):
        world.double.control(f"devices/{world.line.jid}/frame", {"hex": bomb})
    talk(world)
    before.check(world.line)


def test_frames_of_garbage_are_skipped(world, same_process):
    chooser = random.Random(7)
    for size in (0, 1, 2, 3, 5, 17, 100, 1000, 65535):
        for first in (b"", b"\0", b"\2", b"\0\xf8"):
            world.double.control(f"devices/{world.line.jid}/frame", {"hex": (first + chooser.randbytes(size)).hex()})
    talk(world)


@pytest.mark.parametrize("raw", ["", "00", "ff" * 15, "00" * 16, "ab" * 5000])
def test_frames_that_nobody_sealed_end_the_connection(world, raw):
    losses = count_losses(world)
    world.double.control(f"devices/{world.line.jid}/frame", {"hex": raw, "sealed": False})
    wait_for(lambda: count_losses(world) > losses, describe="the connection given up")


@pytest.mark.parametrize("node", [
    {"tag": "message", "attrs": {}},
    {"tag": "message", "attrs": {"id": "x1", "from": "nobody", "t": "never", "type": "text"}},
    {"tag": "message", "attrs": {"id": "x2", "from": "s.whatsapp.net", "t": "1"}, "content": [{"tag": "enc", "attrs": {"v": "99", "type": "msg"}}]},
    {"tag": "message", "attrs": {"id": "x3", "from": lid(CARL), "t": "99999999999999999999"}, "content": "text where nodes are"},
    {"tag": "receipt", "attrs": {"id": "", "from": "@"}},
    {"tag": "receipt", "attrs": {"id": "x4", "from": lid(CARL), "type": "retry"}},
    {"tag": "receipt", "attrs": {"id": "x5", "from": lid(CARL), "type": "retry"}, "content": [{"tag": "retry", "attrs": {"count": "-1", "id": "x5"}}]},
    {"tag": "notification", "attrs": {"id": "x6", "from": lid(CARL), "type": "devices"}},
    {"tag": "notification", "attrs": {"id": "x7", "from": "1@g.us", "type": "w:gp2"}, "content": [{"tag": "create", "attrs": {}}]},
    {"tag": "notification", "attrs": {"id": "x8", "from": lid(CARL), "type": "encrypt"}, "content": [{"tag": "count", "attrs": {"value": "0"}}]},
    {"tag": "notification", "attrs": {"id": "x9", "from": lid(CARL), "type": "link_code_companion_reg"}},
    {"tag": "notification", "attrs": {"id": "x10", "from": "s.whatsapp.net", "type": "server_sync"}, "content": [{"tag": "collection", "attrs": {"name": "nonsense", "version": "-5"}}]},
    {"tag": "ib", "attrs": {}, "content": [{"tag": "offline", "attrs": {"count": "-7"}}]},
    {"tag": "ib", "attrs": {}, "content": [{"tag": "dirty", "attrs": {"type": "groups", "timestamp": "x"}}]},
    {"tag": "call", "attrs": {"id": "x11", "from": lid(CARL)}, "content": [{"tag": "offer", "attrs": {}}]},
    {"tag": "ack", "attrs": {"class": "message", "id": "never-sent"}},
    {"tag": "iq", "attrs": {"type": "result", "id": "never-asked"}},
    {"tag": "iq", "attrs": {"type": "set", "id": "x12", "from": "s.whatsapp.net"}, "content": [{"tag": "pair-success", "attrs": {}}]},
    {"tag": "iq", "attrs": {"type": "set", "id": "x13", "from": "s.whatsapp.net"}, "content": [{"tag": "pair-device", "attrs": {}, "content": [{"tag": "ref", "attrs": {}, "content": "2@x"}]}]},
    {"tag": "success", "attrs": {}},
    {"tag": "presence", "attrs": {"from": "@", "type": "?"}},
    {"tag": "chatstate", "attrs": {"from": "1@g.us"}},
    {"tag": "message", "attrs": {"id": "x15", "from": "msgr", "type": "text", "t": "1"}},
    {"tag": "wormhole", "attrs": {"id": "x14", "from": lid(CARL)}},
], ids=lambda node: f"{node['tag']}-{node['attrs'].get('id', '')}")
def test_stanzas_that_make_no_sense_change_nothing(world, same_process, node):
    world.double.control(f"devices/{world.line.jid}/send", {"node": node})
    talk(world)
    assert world.line.state() == "ready"


# --- handshake, login ---

def test_every_forged_certificate_is_refused(world):
    kinds = world.double.control("certificate", {"forge": None})["kinds"]
    assert len(kinds) >= 13
    for kind in kinds:
        world.double.control("journal", method="DELETE")
        world.double.control("certificate", {"forge": kind})
        world.line.kill()
        wait_for(lambda: last_error(world) == "E_WA_CERTIFICATE" and world.line.state() == "disconnected", describe=f"E_WA_CERTIFICATE for {kind}")
        assert world.journal("events", kind="login") == [], f"the line gave its keys to a server with {kind}"
    world.double.control("certificate", {"forge": None})
    world.line.wait_state("ready")


@pytest.mark.parametrize("action", ["truncate", "garble"])
def test_a_damaged_hello_of_the_server_is_tried_again(world, action):
    world.double.control("faults", {"mangle": "server-hello", "action": action})
    losses = count_losses(world)
    world.line.kill()
    wait_for(lambda: count_losses(world) > losses, describe="the handshake given up")
    assert world.journal("events", kind="login") == []
    world.line.wait_state("ready")


@pytest.mark.parametrize("step", ["open", "client-hello", "server-hello", "client-finish", "success", "active", "iq", "receipt"])
def test_a_cut_at_each_step_of_the_login_loses_nothing(world, step):
    with world.line.away():
        sent = [world.phone_send(CARL, pn(SALES), text=f"{n} before the login cut at {step}") for n in range(3)]
        world.double.control("faults", {"step": step, "action": "cut"})
    for n, name in enumerate(sent):
        assert world.line.wait_message(name)["text"] == f"{n} before the login cut at {step}"
    assert [row for row in world.journal("events", kind="fault") if row["at"] == step]
    assert [m["network_id"] for m in world.line.history(CARL)[-3:]] == sent


# --- acknowledgements that do not come ---

def test_sends_without_an_ack_leave_again_under_the_same_id(world):
    world.double.control("faults/switches", {"no_acks": [world.line.jid]})
    numbers_ = [world.line.post(CARL, text=f"unacknowledged {n}") for n in range(3)]
    wait_for(lambda: world.inbox(CARL, text="unacknowledged 0"), describe="the first at the phone")
    world.double.control("faults", method="DELETE")
    cut(world)
    for n, number in enumerate(numbers_):
        name = world.line.wait_status(number, "sent")["network_id"]
        assert {row["id"] for row in world.inbox(CARL, text=f"unacknowledged {n}")} == {name}
    first = world.line.read(numbers_[0])["network_id"]
    assert len(world.journal("messages", id=first)) == 2
    assert world.journal("events", kind="phone-undecryptable") == []


# --- a long absence ---

def burst(world, count):
    ids = []
    for phone in itertools.cycle((CARL, ANNA, BERT)):
        if len(ids) >= count:
            return ids
        ids += world.double.control(f"accounts/{phone}/burst", {"to": pn(SALES), "count": min(BURST, count - len(ids)), "text": "waiting #", "companions_only": True})["ids"]


def test_thousands_of_messages_that_waited_arrive_once_and_in_little_memory(world):
    before_kib = Vitals(world.line).now_kib  # of the process before: the new one has hundreds behind it once it is ready
    seconds = 60 + OFFLINE / 100
    with world.line.away(seconds):
        sent = burst(world, OFFLINE)
    wait_for(world.line.is_settled, seconds, "everything acknowledged")
    peak_kib = Vitals(world.line).peak_kib
    question = "SELECT network_id FROM messages WHERE content LIKE '%waiting %'"
    stored = collections.Counter(name for (name,) in ask(world, question))
    assert sorted(stored) == sorted(sent) and set(stored.values()) == {1}

    def told():
        return collections.Counter(event["data"]["message"]["network_id"] for event in world.events("message.received") if event["account"] == "sales")
    wait_for(lambda: set(sent) <= set(told()), seconds, "every message at the webhook")
    assert [count for name, count in told().items() if name in stored and count != 1] == []
    print(f"\n{OFFLINE} messages that waited: peak {peak_kib} KiB, {before_kib} KiB before")
    assert is_sanitized() or peak_kib <= before_kib + MEMORY_MORE_KIB


# --- what takes a minute and more; tests/unit/whatsapp/link-life.c has the same with a clock of its own ---

@pytest.mark.skipif(not SOAK, reason="ULAK_SOAK=1 runs it")
def test_a_silent_socket_is_given_up_within_a_minute(world):
    world.double.control(f"devices/{world.line.jid}/silent", {"on": True})
    sent = world.phone_send(CARL, pn(SALES), text="into the silence")
    wait_for(lambda: world.journal("events", kind="login"), 62, "a new connection")
    assert world.line.wait_message(sent)


@pytest.mark.skipif(not SOAK, reason="ULAK_SOAK=1 runs it")
def test_pings_that_nobody_answers_end_the_connection(world):
    world.double.control("faults/switches", {"no_pong": [world.line.jid]})
    wait_for(lambda: world.journal("events", kind="login"), 280, "a new connection")


@pytest.mark.skipif(not SOAK, reason="ULAK_SOAK=1 runs it")
def test_a_send_whose_ack_never_comes_leaves_again_by_itself(world):
    world.double.control("faults/switches", {"no_acks": [world.line.jid]})
    number = world.line.post(CARL, text="never acknowledged")
    wait_for(lambda: len(world.inbox(CARL, text="never acknowledged")) > 1, 180, "the second try")
    world.double.control("faults", method="DELETE")
    name = world.line.wait_status(number, "sent", 180)["network_id"]
    assert {row["id"] for row in world.inbox(CARL, text="never acknowledged")} == {name}
