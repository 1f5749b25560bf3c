# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A hostile server and hostile people: whatever they do, the line goes on, and no message is lost, doubled or invented.

Each test does one kind of harm. After it the line must talk with a phone as before, each message must have arrived once, and
the process may hold no more files and memory than before. ULAK_SOAK=1 adds what takes minutes (a silent socket, unanswered
pings, 100,000 messages that waited); ULAK_OFFLINE says how many of those.
"""

import collections
import contextlib
import itertools
import json
import os
import random
import sqlite3
import urllib.error
import zlib

import pytest

from gi.repository import GLib

from tests.program.linked import ANNA, BERT, CARL, LIDS, SALES, Line, lid, open_world, pn, reason_to_skip, says
from tests.program.suite import BUILD, wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

SOAK = os.environ.get("ULAK_SOAK") == "1"
OFFLINE = int(os.environ.get("ULAK_OFFLINE", "100000" if SOAK else "2000"))
BURST = 2500
FILES_MORE = 12
MEMORY_MORE_KIB = 48 << 10
numbers = itertools.count(1)


def is_sanitized():
    return b"__asan_init" in (BUILD / "src/whatsapp/ulak-whatsapp").read_bytes()


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
    {"tag": "wormhole", "attrs": {"id": "x14", "from": lid(CARL)}},
], ids=lambda node: f"{node['tag']}-{node['attrs'].get('id', '')}")
def test_stanzas_that_make_no_sense_change_nothing(world, same_process, node):
    world.double.control(f"devices/{world.line.jid}/send", {"node": node})
    talk(world)
    assert world.line.state() == "ready"


# --- handshake, login ---

def last_error(world, account="sales"):
    """Code of the last state event that had one."""
    errors = [event["data"]["error"] for event in world.events("account.state") if event["account"] == account and event["data"].get("error")]
    return errors[-1] if errors else None


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


# --- pairing ---

@pytest.fixture(scope="module")
def second(shared):
    line = Line(shared, "second", BERT)
    line.wait_state("qr")
    yield line
    assert shared.suite.post("/api/v1/accounts/second/stop")[0] in (200, 202)


def show_qr(line):
    """Until there is one that the double knows: the one before may have ended with its connection."""
    with contextlib.suppress(AssertionError, GLib.Error):
        line.wait_state("qr", 5)
        return json.loads(line.bus("Link", GLib.Variant("(ssa{sv})", ("qr", "", {})))[0])["qr"]
    return None


def link_in_spite_of(world, line, tries=6):
    for _ in range(tries):
        qr = show_qr(line)
        if qr is None:
            continue
        with contextlib.suppress(urllib.error.HTTPError):
            world.double.scan(line.phone, qr)
        with contextlib.suppress(AssertionError):
            line.wait_state("ready", 4)
            return
    line.wait_state("ready", 1)


def unlink(world, line):
    if line.state() == "ready":
        assert world.suite.post(f"/api/v1/accounts/{line.account}/logout")[0] == 204
        line.wait_state("logged_out")
    assert world.suite.post(f"/api/v1/accounts/{line.account}/start")[0] == 202
    line.wait_state("qr")


@pytest.mark.parametrize("step", ["open", "client-hello", "server-hello", "client-finish", "pair-device", "pair-success", "pair-device-sign"])
def test_a_cut_at_each_step_of_pairing_is_overcome(world, second, step):
    unlink(world, second)
    world.double.control("faults", {"step": step, "action": "cut"})
    if not step.startswith("pair-s") and step != "pair-device-sign":
        second.kill()
    link_in_spite_of(world, second)
    assert [row for row in world.journal("events", kind="fault") if row["at"] == step]
    ours = second.send(CARL, text=f"paired in spite of {step}")
    assert world.wait_inbox(CARL, network_id=ours["network_id"])


@pytest.mark.parametrize("tamper", ["hmac", "signature", "key"])
def test_a_forged_device_identity_links_nothing(world, second, tamper):
    unlink(world, second)
    with pytest.raises(urllib.error.HTTPError):
        world.double.scan(BERT, show_qr(second), tamper=tamper)
    second.wait_state("qr")
    assert ask(world, "SELECT jid FROM credentials WHERE jid IS NOT NULL", "second") == []
    link_in_spite_of(world, second)


@pytest.mark.parametrize("step", ["link-hello", "link-primary", "link-finish"])
def test_a_cut_at_each_step_of_pairing_by_code_is_overcome(world, second, step):
    unlink(world, second)
    world.double.control("faults", {"step": step, "action": "cut"})
    for _ in range(6):
        second.wait_state("qr")
        status, answer, _ = world.suite.post("/api/v1/accounts/second/link", {"method": "code", "phone": f"+{BERT}"})
        if status != 200:
            continue
        with contextlib.suppress(urllib.error.HTTPError):
            world.double.control(f"accounts/{BERT}/code", {"code": answer["code"].replace("-", "")})
            break
    second.wait_state("ready")
    assert [row for row in world.journal("events", kind="fault") if row["at"] == step]


# --- the ends that a server can name ---

def end(world, code=None, child=None, kind="stream-error"):
    world.double.control(f"devices/{world.line.jid}/end", {"kind": kind, "code": code, "child": child})


REPLACED = {"tag": "conflict", "attrs": {"type": "replaced"}}
REMOVED = {"tag": "conflict", "attrs": {"type": "device_removed"}}


@pytest.mark.parametrize("code, child, kind", [
    (503, None, "stream-error"), (500, None, "stream-error"), (515, None, "stream-error"), (777, None, "stream-error"), (None, None, "stream-error"),
    (None, {"tag": "xml-not-well-formed", "attrs": {}}, "stream-error"), (None, {"tag": "ack", "attrs": {"class": "message", "id": "gone"}}, "stream-error"),
    (None, None, "end"),
])
def test_an_end_for_now_is_followed_by_a_new_connection(world, code, child, kind):
    pid = world.line.process.popen.pid
    end(world, code, child, kind)
    wait_for(lambda: world.journal("events", kind="login"), describe="the next login")
    talk(world)
    assert world.line.process.popen.pid == pid


@pytest.mark.parametrize("code, child", [(409, REPLACED), (440, None), (None, REPLACED)])
def test_a_replaced_line_says_so_and_begins_anew_when_told(world, code, child):
    end(world, code, child)
    world.line.wait_state("failed")
    wait_for(lambda: last_error(world) == "E_WA_REPLACED", describe="E_WA_REPLACED")
    assert world.journal("events", kind="login") == []
    world.line.start()
    world.line.wait_state("ready")


@pytest.mark.parametrize("reason, state, error", [(405, "outdated", "E_WA_OUTDATED"), (400, "failed", "E_WA_REFUSED"), (409, "failed", "E_WA_REFUSED"), (418, "failed", "E_WA_REFUSED")])
def test_a_refused_login_has_its_state_and_begins_anew_when_told(world, reason, state, error):
    world.double.control("faults/login", {"reason": reason})
    world.line.kill()
    world.line.wait_state(state)
    wait_for(lambda: last_error(world) == error, describe=error)
    sent = world.phone_send(CARL, pn(SALES), text=f"while it was refused with {reason}")
    world.line.start()
    assert world.line.wait_message(sent)


def test_a_ban_is_waited_for(world):
    world.double.control("faults/login", {"reason": 402, "code": 104, "expire": 3})
    world.line.kill()
    world.line.wait_state("banned")
    wait_for(lambda: last_error(world) == "E_WA_BANNED", describe="E_WA_BANNED")
    world.line.wait_state("ready")


@pytest.mark.parametrize("reason", [500, 503, 599, 499])
def test_a_login_refused_for_now_is_tried_again(world, reason):
    pid_before = world.line.process.starts
    world.double.control("faults/login", {"reason": reason})
    world.line.kill()
    world.line.wait_state("ready")
    assert world.line.process.starts == pid_before + 1 and len(world.journal("events", kind="login-refused")) == 1


@pytest.mark.parametrize("how", ["unlink", "stream-401", "stream-516", "failure-401", "failure-403", "failure-406"])
def test_a_removed_line_keeps_its_history_and_is_linked_again(world, how):
    name, code = (how.split("-") + [None])[:2]
    before = len(world.line.history(CARL))
    if name == "unlink":
        world.double.control(f"accounts/{SALES}/unlink", {})
    elif name == "stream":
        end(world, int(code), REMOVED if code == "401" else None)
    else:
        world.double.control("faults/login", {"reason": code})
        world.line.kill()
    world.line.wait_state("logged_out")
    error = "E_WA_LOCKED" if code == "403" else "E_WA_LOGGED_OUT"
    wait_for(lambda: last_error(world) == error, describe=error)
    assert len(world.line.history(CARL)) == before
    assert ask(world, "SELECT count(*) FROM sessions") == [(0,)] and ask(world, "SELECT count(*) FROM pre_keys WHERE state > 0") == [(0,)]
    if name != "unlink":
        world.double.control(f"accounts/{SALES}/unlink", {})
    world.line.start()
    world.line.link()


# --- messages ---

def replay(world, network_id, times=1):
    for _ in range(times):
        world.double.control(f"devices/{world.line.jid}/replay", {"id": network_id})


def test_replayed_messages_are_seen_once(world, same_process):
    sent = world.phone_send(CARL, pn(SALES), text="once and once only")
    world.line.wait_message(sent)
    replay(world, sent, 20)
    grouped = world.phone_send(CARL, world.group, text="once in the group")
    world.line.wait_message(grouped)
    replay(world, grouped, 20)
    talk(world)
    assert [m["network_id"] for m in world.line.history(CARL)].count(sent) == 1
    assert world.journal("failures", by=world.line.jid) == [], "a repeat is no message that could not be read"


def test_reordered_messages_arrive_all(world, same_process):
    for to in (pn(SALES), world.group):
        rule(world, "hold", size=20, times=20)
        sent = world.double.control(f"accounts/{CARL}/burst", {"to": to, "count": 20, "text": "turned round #"})["ids"]
        for name in sent:
            assert world.line.wait_message(name)["type"] == "text"
    assert world.journal("failures", by=world.line.jid) == []


def test_an_id_used_twice_is_one_message_to_one_sender(world, same_process):
    world.phone_send(CARL, pn(SALES), id="TWICE1", text="the first of its id")
    world.line.wait_message("TWICE1", text="the first of its id")
    world.phone_send(CARL, pn(SALES), id="TWICE1", text="the second of its id")
    world.phone_send(ANNA, pn(SALES), id="TWICE1", text="the same id by somebody else")
    world.told_twice.add("TWICE1")
    wait_for(lambda: [m for m in world.line.history(ANNA) if m["network_id"] == "TWICE1"], describe="Anna's message")
    talk(world)
    assert [m["text"] for m in world.line.history(CARL) if m["network_id"] == "TWICE1"] == ["the first of its id"]


def test_damaged_messages_are_asked_for_again(world, same_process):
    rule(world, "corrupt", child="enc", times=2)
    sent = world.phone_send(CARL, pn(SALES), text="damaged twice")
    assert world.line.wait_message(sent, type="text")["text"] == "damaged twice"
    assert len(world.events("message.undecryptable", network_id=sent)) == 1 and len(world.events("message.replaced", network_id=sent)) <= 1


def test_a_sender_key_message_that_its_author_did_not_sign_is_not_believed(world, same_process):
    world.phone_send(CARL, world.group, text="with a key of mine")
    rule(world, "forge", child="enc", attrs={"from": world.group})
    sent = world.phone_send(CARL, world.group, text="signed by nobody")
    assert world.wait_event("message.undecryptable", network_id=sent)
    assert world.line.wait_message(sent, type="text")["text"] == "signed by nobody"
    assert len(world.journal("failures", by=world.line.jid)) == 1


def test_a_sender_key_for_another_group_teaches_nothing(world, same_process):
    other = world.double.control("groups", {"by": ANNA, "subject": "Not yours", "members": [SALES]})["jid"]
    before = ask(world, "SELECT count(*) FROM sender_keys")
    message = {"senderKeyDistributionMessage": {"groupId": other, "axolotlSenderKeyDistributionMessage": "MwgBEAAaIA=="}, "conversation": "and a text"}
    sent = world.phone_send(CARL, pn(SALES), message=message)
    world.line.wait_message(sent)
    assert ask(world, "SELECT count(*) FROM sender_keys") == before


# --- what strangers may not say ---

SPOOFS = {
    "history": {"protocolMessage": {"type": "HISTORY_SYNC_NOTIFICATION", "historySyncNotification": {
        "syncType": "RECENT", "directPath": "/history/1", "mediaKey": "AAAA", "fileSha256": "AAAA", "fileEncSha256": "AAAA", "fileLength": 5}}},
    "inline-history": {"protocolMessage": {"type": "HISTORY_SYNC_NOTIFICATION", "historySyncNotification": {
        "syncType": "INITIAL_BOOTSTRAP", "initialHistBootstrapInlinePayload": "eJwDAAAAAAE="}}},
    "key-share": {"protocolMessage": {"type": "APP_STATE_SYNC_KEY_SHARE", "appStateSyncKeyShare": {
        "keys": [{"keyId": {"keyId": "AAAAAAAB"}, "keyData": {"keyData": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "timestamp": 1}}]}}},
    "key-request": {"protocolMessage": {"type": "APP_STATE_SYNC_KEY_REQUEST", "appStateSyncKeyRequest": {"keyIds": [{"keyId": "AAAAAAAB"}]}}},
    "device-sent": {"deviceSentMessage": {"destinationJid": lid(ANNA), "message": {"conversation": "as if the line had said so"}}},
    "mappings": {"protocolMessage": {"type": "LID_MIGRATION_MAPPING_SYNC", "lidMigrationMappingSyncMessage": {"encodedMappingPayload": "AAAA"}}},
    "peer-answer": {"protocolMessage": {"type": "PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE", "peerDataOperationRequestResponseMessage": {"stanzaId": "x"}}},
    "fatal-notice": {"protocolMessage": {"type": "APP_STATE_FATAL_EXCEPTION_NOTIFICATION", "appStateFatalExceptionNotification": {"collectionNames": ["regular"]}}},
}


@pytest.mark.parametrize("category", [None, "peer"])
@pytest.mark.parametrize("what", SPOOFS)
def test_strangers_cannot_speak_for_our_phone(world, same_process, what, category):
    tables = [name for (name,) in ask(world, "SELECT name FROM sqlite_master WHERE type = 'table' AND (name LIKE 'app_state%' OR name LIKE 'history%')")]

    def state():
        return {name: ask(world, f"SELECT count(*) FROM {name}") for name in tables}
    before, ours = state(), len(world.line.history(ANNA))
    assert tables
    sent = world.phone_send(CARL, pn(SALES), message=SPOOFS[what], attrs={"category": category} if category else {})
    talk(world)
    assert state() == before and len(world.line.history(ANNA)) == ours
    message = world.line.read(sent)
    assert message is None or (message["from"], message["from_me"]) == (CARL, False)
    assert [row for row in world.journal("receipts", type="hist_sync") if sent in row["ids"]] == []


def test_a_stranger_answers_no_question_of_ours(world, same_process):
    """The device list of Bert is asked for, and Carl answers that Bert has Carl's devices."""
    world.double.control("accounts", {"phone": "15552220020", "lid": "200000000000020", "name": "Hugo"})
    world.double.control("faults", {"direction": "in", "tag": "iq", "attrs": {"xmlns": "usync"}, "device": world.line.jid, "action": "delay", "delay_ms": 1500})
    number = world.line.post("15552220020", text="for hugo only")

    def question():
        rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
        return [row["node"] for row in rows if row["direction"] == "in" and row["node"]["attrs"].get("xmlns") == "usync" and "0020" in str(row["node"])]
    asked = wait_for(question, describe="the question")[0]
    lie = {"tag": "usync", "attrs": {}, "content": [{"tag": "list", "attrs": {}, "content": [
        {"tag": "user", "attrs": {"jid": "200000000000020@lid"}, "content": [{"tag": "devices", "attrs": {}, "content": [
            {"tag": "device-list", "attrs": {}, "content": [{"tag": "device", "attrs": {"id": "77"}}]}]}]}]}]}
    world.double.control(f"devices/{world.line.jid}/send", {"node": {"tag": "iq", "attrs": {"id": asked["attrs"]["id"], "type": "result", "from": lid(CARL)}, "content": [lie]}})
    ours = world.line.wait_status(number, "sent")
    assert world.wait_inbox("15552220020", network_id=ours["network_id"])["text"] == "for hugo only"
    assert ask(world, "SELECT count(*) FROM devices WHERE device = 77") == [(0,)]


# --- bundles ---

def named_devices(world, network_id):
    """The addresses for which the line encrypted a message."""
    rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
    nodes = [row["node"] for row in rows if row["direction"] == "in" and row["node"]["tag"] == "message" and row["node"]["attrs"]["id"] == network_id]
    return {to["attrs"]["jid"] for node in nodes for part in node["content"] if part["tag"] == "participants" for to in part["content"]}


def sent_to(world, address):
    """Messages of the line that name somebody."""
    rows = world.double.control(f"devices/{world.line.jid}/stanzas")["rows"]
    return [row for row in rows if row["direction"] == "in" and row["node"]["tag"] == "message" and address in str(row["node"])]


def test_nothing_is_encrypted_for_keys_that_their_owner_did_not_sign(world, same_process):
    world.double.control("accounts", {"phone": "15552220030", "lid": "200000000000030", "name": "Jan"})
    world.double.control("faults/switches", {"forged_skey": [pn("15552220030")]})
    failed = world.line.wait_status(world.line.post("15552220030", text="not for a forger"), "failed")
    assert failed["error"]["code"] == "E_WA_NO_DEVICES" and sent_to(world, "200000000000030") == []
    world.double.control("faults", method="DELETE")
    ours = world.line.send("15552220030", text="for the right one")
    assert world.wait_inbox("15552220030", network_id=ours["network_id"])["text"] == "for the right one"


def test_nothing_is_encrypted_for_a_device_that_its_phone_did_not_vouch_for(world, same_process):
    phone, device = "15552220031", "200000000000031:1@lid"
    world.double.control("accounts", {"phone": phone, "lid": "200000000000031", "name": "Kim"})
    with world.double.foreign() as client:
        client.link(lambda text: world.double.scan(phone, text))
        world.double.control("faults/switches", {"forged_identity": [pn(phone, 1)]})
        ours = world.line.send(phone, text="not for a forger")
        assert world.wait_inbox(phone, network_id=ours["network_id"])
        assert device not in named_devices(world, ours["network_id"])
        world.double.control("faults", method="DELETE")
        ours = world.line.send(phone, text="for both devices")
        client.wait("message", where=says("for both devices"))
        assert device in named_devices(world, ours["network_id"])


def test_bundles_without_one_time_keys_are_enough(world, same_process):
    world.double.control("accounts", {"phone": "15552220032", "lid": "200000000000032", "name": "Ida"})
    world.double.control("faults/prekeys", {})
    ours = world.line.send("15552220032", text="without a one-time key")
    assert world.wait_inbox("15552220032", network_id=ours["network_id"])["text"] == "without a one-time key"
    sent = world.phone_send("15552220032", pn(SALES), text="and back")
    assert world.line.wait_message(sent)["text"] == "and back"


def test_used_up_keys_of_ours_are_made_anew(world, same_process):
    for number in range(40, 43):
        world.double.control("accounts", {"phone": f"155522200{number}", "lid": f"2000000000000{number}", "name": f"New {number}"})
        world.double.control(f"devices/{world.line.jid}/prekeys", {"keep": 0})
        sent = world.phone_send(f"155522200{number}", pn(SALES), text="whoever you are")
        assert world.line.wait_message(sent)["text"] == "whoever you are"
        wait_for(lambda: world.line.device()["prekeys"] > 0, describe="new keys at the server")


def test_sessions_that_both_sides_begin_at_once_lose_nothing(world, same_process):
    """The package of the peers spoils its side of such a session; what it writes next cannot be read, and is asked for."""
    world.double.control("accounts", {"phone": "15552220033", "lid": "200000000000033", "name": "Lea"})
    rule(world, "delay", delay_ms=700)
    first = world.phone_send("15552220033", pn(SALES), text="me first")
    assert world.line.send("15552220033", text="no, me")["status"] in ("sent", "delivered")
    world.wait_inbox("15552220033", text="no, me")
    assert world.line.wait_message(first)["text"] == "me first"
    world.line.send("15552220033", text="in your session")
    world.wait_inbox("15552220033", text="in your session")
    sent = world.phone_send("15552220033", pn(SALES), text="in yours")
    assert world.line.wait_message(sent, type="text")["text"] == "in yours"
    ours = world.line.send("15552220033", text="in the new one")
    assert world.wait_inbox("15552220033", network_id=ours["network_id"])["text"] == "in the new one"


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
    with world.line.away():
        sent = burst(world, OFFLINE)
    seconds = 60 + OFFLINE / 100
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
