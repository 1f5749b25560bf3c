# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Our connection against the server double: pairing, login and every way in which a connection ends, over real sockets.

The double verifies what we sign; it says so in its journal `signatures`.
"""

import contextlib
import json
import os
import queue
import subprocess
import threading
import time
import urllib.error

import pytest

from tests.program.loopback import loopback_only
from tests.program.peers import ROOT, WhatsAppDouble, whatsapp_is_ready
from tests.program.suite import BUILD, wait_for

PROBE = BUILD / "tests" / "program" / "link-probe"

pytestmark = [
    pytest.mark.skipif(not whatsapp_is_ready(), reason="the npm packages of tests/peers/whatsapp are not installed"),
    pytest.mark.skipif(not PROBE.exists(), reason=f"link-probe is not built in {BUILD}"),
]


class Probe:
    def __init__(self, double, folder, url="wss_url", root=None):
        self.began = time.monotonic()
        self.events = queue.Queue()
        self.seen = []
        self.popen = subprocess.Popen([PROBE, folder / "whatsapp.db", double.places[url], root or double.places["root_key"],
                                       double.certificates], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.popen.stdout:
            self.events.put({**json.loads(line), "at_ms": (time.monotonic() - self.began) * 1000})

    def wait(self, *names, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                pytest.fail(f"the link became {[one['event'] for one in self.seen]}, never {names}")
            self.seen.append(event)
            if event["event"] in names:
                return event

    def say(self, line):
        self.popen.stdin.write(f"{line}\n")
        self.popen.stdin.flush()

    def ask(self, line, *names):
        self.say(line)
        return self.wait(*names)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.popen.stdin.close()
        assert self.popen.wait(20) == 0


@pytest.fixture(scope="module")
def network():
    with loopback_only():
        yield


@pytest.fixture(scope="module")
def running(network):
    with WhatsAppDouble() as double:
        yield double


@pytest.fixture
def double(running):
    """The double of all tests, with an account of this test's own."""
    number = running.accounts = getattr(running, "accounts", 0) + 1
    running.phone = f"1555123{number:04}"
    running.jid = f"{running.phone}:1@s.whatsapp.net"
    running.control("accounts", {"phone": running.phone, "lid": f"10000000000{number:04}", "name": "Anna"})
    yield running
    running.control("faults", method="DELETE")
    assert [row for row in running.control("journal/signatures")["rows"] if not row["valid"]] == []
    running.control("journal", method="DELETE")


@pytest.fixture
def linked(double, tmp_path):
    """The folder of a line that is linked and has been ready."""
    with Probe(double, tmp_path) as probe:
        double.scan(double.phone, probe.wait("qr")["text"])
        probe.wait("ready")
    return tmp_path


def signatures(double):
    return {row["kind"] for row in double.control("journal/signatures")["rows"] if row["valid"]}


@pytest.mark.parametrize("url", ["ws_url", "wss_url"])
def test_a_scanned_qr_links_the_line(double, tmp_path, url):
    with Probe(double, tmp_path, url) as probe:
        double.scan(double.phone, probe.wait("qr")["text"])
        probe.wait("paired")
        probe.wait("ready")
        device = double.control(f"devices/{double.jid}")
        assert device["prekeys"] >= 811  # of 812; the phone may have taken one
        assert device["live"]
    assert signatures(double) >= {"registration-skey", "adv-account", "adv-device", "skey"}


def parts_of(qr):
    return dict(zip(("ref", "noise", "identity", "secret", "client"), qr.partition("#")[2].split(",")))


@pytest.mark.parametrize("child", ["companion_reg_refresh", "pair-device-rotate-qr"])
def test_a_refreshed_qr_has_another_secret_and_only_that_one_links(double, tmp_path, child):
    with Probe(double, tmp_path) as probe:
        before = probe.wait("qr")["text"]
        double.control("pairing/refresh", {"qr": before, "child": child})
        after = probe.wait("qr")["text"]
        assert {name for name, value in parts_of(after).items() if parts_of(before)[name] != value} == {"secret"}
        with pytest.raises(urllib.error.HTTPError):
            double.scan(double.phone, before)
        double.scan(double.phone, after)
        probe.wait("ready")


def test_the_way_to_the_servers_edge_is_kept_and_shown_from_then_on(double, linked):
    def shown():
        return [one["routing"] for one in double.control("state")["connections"] if one["name"] == double.jid]

    double.control("options", {"edge_routing": "0a0b0c0d"})
    try:
        with Probe(double, linked) as probe:
            probe.wait("ready")
            assert shown() == [None]
        with Probe(double, linked) as probe:
            probe.wait("ready")
            assert shown() == ["0a0b0c0d"]
            double.control(f"devices/{double.jid}/cut", {})
            probe.wait("disconnected")
            probe.wait("ready")
            assert shown() == ["0a0b0c0d"]
    finally:
        double.control("options", {"edge_routing": ""})


def test_eight_letters_link_the_line(double, tmp_path):
    with Probe(double, tmp_path) as probe:
        probe.wait("qr")
        code = probe.ask(f"code {double.phone}", "answer")["text"]
        assert [event["text"] for event in probe.seen if event["event"] == "code"] == [code]
        assert double.control(f"accounts/{double.phone}/code", {"code": code.replace("-", "")})["jid"] == double.jid
        probe.wait("ready")


def test_a_number_without_an_account_gets_no_code(double, tmp_path):
    with Probe(double, tmp_path) as probe:
        probe.wait("qr")
        assert "400" in probe.ask("code 15559999999", "refused")["text"]


def test_a_line_comes_back_after_a_restart(double, linked):
    times = []
    for _ in range(5):
        with Probe(double, linked) as probe:
            times.append(probe.wait("ready")["at_ms"])
            assert [event["event"] for event in probe.seen] == ["connecting", "online", "ready"]
            status = probe.ask("status", "status")
    print(f"exec to ready: {' '.join(f'{ms:.0f}' for ms in sorted(times))} ms; connect {status['connect_ms']} ms, ready {status['ready_ms']} ms")


def test_forged_certificates_are_refused(double, tmp_path):
    kinds = double.control("certificate", {"forge": None})["kinds"]
    assert len(kinds) > 4
    for kind in kinds:
        double.control("certificate", {"forge": kind})
        with Probe(double, tmp_path) as probe:
            assert probe.wait("disconnected")["error"] == "E_WA_CERTIFICATE", kind


def test_another_root_refuses_the_double(double, tmp_path):
    with Probe(double, tmp_path, root="142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b") as probe:
        assert probe.wait("disconnected")["error"] == "E_WA_CERTIFICATE"


def test_a_forged_success_is_refused(double, tmp_path):
    with Probe(double, tmp_path) as probe:
        with pytest.raises(urllib.error.HTTPError):
            double.scan(double.phone, probe.wait("qr")["text"], tamper="hmac")
        again = probe.wait("qr")
        assert again["error"] == "E_WA_UNPAIRED"
        double.scan(double.phone, again["text"])
        probe.wait("ready")


@pytest.mark.parametrize("step", ["open", "client-hello", "server-hello", "client-finish", "pair-device", "pair-success", "pair-device-sign"])
def test_pairing_survives_a_cut(double, tmp_path, step):
    double.control("faults", {"step": step, "action": "cut"})
    with Probe(double, tmp_path) as probe:
        for _ in range(3):
            event = probe.wait("qr", "ready")
            if event["event"] == "ready":
                return
            with contextlib.suppress(urllib.error.HTTPError):  # the cut hit the phone's side, too
                double.scan(double.phone, event["text"])
        pytest.fail(f"the line is not linked: {[one['event'] for one in probe.seen]}")


@pytest.mark.skipif(os.environ.get("ULAK_SOAK") != "1", reason="ULAK_SOAK=1 runs it: it takes a minute")
def test_a_qr_of_a_silent_server_is_replaced_within_a_minute(double, tmp_path):
    double.control("faults", {"step": "pair-device", "action": "silent"})
    with Probe(double, tmp_path) as probe:
        stale = probe.wait("qr")["text"]
        lost = probe.wait("disconnected", seconds=62)
        assert lost["error"] == "E_WA_CONNECTION"
        fresh = probe.wait("qr")["text"]
        assert fresh != stale
        double.scan(double.phone, fresh)
        probe.wait("ready")


@pytest.mark.parametrize("step", ["open", "client-hello", "server-hello", "client-finish", "success", "active"])
def test_login_survives_a_cut(double, linked, step):
    double.control("faults", {"step": step, "action": "cut"})
    with Probe(double, linked) as probe:
        probe.wait("disconnected")
        probe.wait("ready")


def test_a_cut_connection_is_made_again(double, linked):
    with Probe(double, linked) as probe:
        probe.wait("ready")
        double.control(f"devices/{double.jid}/cut", {})
        probe.wait("disconnected")
        probe.wait("ready")


@pytest.mark.parametrize("code, child, event, error", [
    (503, None, "disconnected", "E_WA_UNAVAILABLE"),
    (515, None, "connecting", None),
    (None, {"tag": "conflict", "attrs": {"type": "replaced"}}, "ended", "E_WA_REPLACED"),
    (401, {"tag": "conflict", "attrs": {"type": "device_removed"}}, "ended", "E_WA_LOGGED_OUT"),
])
def test_stream_errors_have_their_outcome(double, linked, code, child, event, error):
    with Probe(double, linked) as probe:
        probe.wait("ready")
        double.control(f"devices/{double.jid}/end", {"code": code, "child": child})
        found = probe.wait("disconnected", "connecting", "ended")
        assert (found["event"], found.get("error")) == (event, error)


@pytest.mark.parametrize("reason, error", [
    (401, "E_WA_LOGGED_OUT"), (402, "E_WA_BANNED"), (403, "E_WA_LOCKED"), (405, "E_WA_OUTDATED"), (400, "E_WA_REFUSED"),
])
def test_failures_have_their_outcome(double, linked, reason, error):
    double.control("faults/login", {"reason": reason})
    with Probe(double, linked) as probe:
        assert probe.wait("ended")["error"] == error


def test_a_phone_that_unlinks_ends_the_line(double, linked):
    with Probe(double, linked) as probe:
        probe.wait("ready")
        double.control(f"accounts/{double.phone}/unlink", {})
        assert probe.wait("ended")["error"] == "E_WA_LOGGED_OUT"
    with Probe(double, linked) as probe:
        probe.wait("qr")


def test_logout_unlinks_the_device(double, linked):
    with Probe(double, linked) as probe:
        probe.wait("ready")
        probe.ask("logout", "logged-out")
    with Probe(double, linked) as probe:
        probe.wait("qr")


def test_low_pre_keys_are_filled_up(double, linked):
    with Probe(double, linked) as probe:
        probe.wait("ready")
        double.control(f"devices/{double.jid}/prekeys", {"keep": 2})
        wait_for(lambda: double.control(f"devices/{double.jid}")["prekeys"] == 52, describe="new pre-keys")


def test_pings_of_the_server_are_answered(double, linked):
    with Probe(double, linked) as probe:
        probe.wait("ready")
        before = probe.ask("status", "status")
        double.control(f"devices/{double.jid}/ping", {"id": "ping-1"})
        wait_for(lambda: probe.ask("status", "status")["frames_out"] > before["frames_out"], describe="a pong")


def test_deep_nodes_are_skipped(double, linked):
    with Probe(double, linked) as probe:
        probe.wait("ready")
        double.control(f"devices/{double.jid}/deep", {"depth": 10000})
        double.control(f"devices/{double.jid}/ping", {})
        status = probe.ask("status", "status")
        assert (status["phase"], status["reconnects"]) == ("ready", 0)
