# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A hostile server while a line is linked, and all the ends that it can name (hostile.py)."""

import contextlib
import json
import urllib.error

import pytest

from gi.repository import GLib

from tests.program.hostile import ask, last_error, shared, talk, world  # noqa: F401
from tests.program.linked import BERT, CARL, SALES, Line, pn, reason_to_skip
from tests.program.suite import wait_for

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))

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
    shown = world.line.suite.get(f"/api/v1/accounts/{world.line.account}/link")[1]
    assert (shown["state"], shown["error"]["code"]) == (state, error)
    assert reason != 405 or "set [whatsapp] client_version" in shown["error"]["message"]
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
