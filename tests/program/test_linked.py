# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A line as a linked device, through the whole suite: linked by QR and by code, messages both ways, restarts, logout.

The server is the double of tests/peers/whatsapp with its simulated phones, the other side a foreign client. The programs are
those that are installed; ulakctl draws the QR, the double's phone scans it.
"""

import json
import re
import subprocess

import pytest

from tests.program.loopback import loopback_only
from tests.program.peers import Receiver, WhatsAppDouble, node_is_ready, whatsapp_is_ready
from tests.program.suite import ROOT, Suite, wait_for

pytestmark = pytest.mark.skipif(not whatsapp_is_ready() or not node_is_ready(), reason="the npm packages of tests/peers are not installed")

ANNA, BERT = "15551230001", "15551230002"
LIDS = {ANNA: "100000000000001", BERT: "100000000000002"}
VERSION = "2.3000.1099000111"
PACE = {"rate_limit_per_minute": "6000", "new_contact_interval_s": "0"}


def pn(phone):
    return f"{phone}@s.whatsapp.net"


def text_of(message):
    content = message["message"] or {}
    return content.get("conversation") or content.get("extendedTextMessage", {}).get("text")


@pytest.fixture(autouse=True, scope="module")
def network():
    with loopback_only():
        yield


@pytest.fixture(scope="module")
def double(network):
    with WhatsAppDouble() as running:
        running.control("accounts", {"accounts": [{"phone": phone, "lid": LIDS[phone], "name": phone[-4:]} for phone in LIDS]})
        yield running


@pytest.fixture(scope="module")
def receiver(network):
    with Receiver() as peer:
        yield peer


@pytest.fixture(scope="module")
def suite(double, receiver):
    whatsapp = {"server_url": double.places["ws_url"], "root_key": double.places["root_key"], "media_ca_file": str(double.certificates),
                "client_version": VERSION}
    with Suite(config={"whatsapp": whatsapp, "pace": PACE}) as running:
        secret = running.add_webhook(f"{receiver.url}/hook")["secret"]
        receiver.trust(secret)
        yield running


@pytest.fixture(scope="module")
def bert(double, tmp_path_factory):
    with double.foreign(auth=tmp_path_factory.mktemp("clients") / BERT) as client:
        client.link(lambda text: double.scan(BERT, text))
        yield client


def state(suite, account="sales"):
    return suite.get(f"/api/v1/accounts/{account}")[1].get("state")


def add(suite, account, *options):
    added = suite.ctl("account", "add", account, "--backend", "linked", *options)
    assert added.returncode == 0, added.stderr


def link_with_ctl(suite, double, account, phone):
    """ulakctl account link, with a phone that scans the first QR it sees; what ulakctl printed."""
    command = [*suite._program("ulakctl")[:1], "--json", "account", "link", account]
    with subprocess.Popen(command, env=suite.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        first = json.loads(process.stdout.readline())
        assert first["state"] == "qr" and first["method"] == "qr" and first["qr"].startswith("https://wa.me/"), first
        double.scan(phone, first["qr"])
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return [first, *map(json.loads, rest.splitlines())]


@pytest.fixture(scope="module")
def sales(suite, double):
    """A line linked to Anna's phone."""
    add(suite, "sales", "--name", "Sales")
    shown = link_with_ctl(suite, double, "sales", ANNA)
    assert shown[-1] == {"state": "ready"}
    wait_for(lambda: state(suite) == "ready", describe="ready")
    return "sales"


def send(suite, to, **content):
    status, answer, _ = suite.post("/api/v1/accounts/sales/messages", {"to": to, **content})
    assert status == 202, answer
    return answer["id"]


def message(suite, number):
    return suite.get(f"/api/v1/accounts/sales/messages/{number}")[1]


def events(receiver, kind):
    posted = [row["event"] for row in receiver.events() if row["status"] == 200]
    return [event for event in posted if event["type"] == kind and event["account"] == "sales"]


# --- linking ---

def test_the_qr_is_drawn_in_the_terminal(suite, double):
    add(suite, "shown")
    shown = suite.ctl("account", "link", "shown", "--no-follow")
    assert shown.returncode == 0, shown.stderr
    assert "█" in shown.stdout and "Linked devices" in shown.stdout
    status, link, _ = suite.get("/api/v1/accounts/shown/link")
    assert status == 200 and link["state"] == "qr" and link["expires_at"]
    status, png, headers = suite.get("/api/v1/accounts/shown/qr.png")
    assert status == 200 and png.startswith(b"\x89PNG") and headers["Content-Type"] == "image/png" and headers["Cache-Control"] == "no-store"
    status, svg, headers = suite.get("/api/v1/accounts/shown/qr.svg")
    assert status == 200 and svg.startswith(b"<svg") and headers["Content-Type"] == "image/svg+xml"
    assert suite.ctl("account", "stop", "shown").returncode == 0


def test_a_phone_scans_the_qr_and_the_line_is_ready(suite, sales, double, receiver):
    assert [row["valid"] for row in double.control("journal/signatures")["rows"]].count(False) == 0
    status, answer, _ = suite.get("/api/v1/accounts/sales/qr.png")
    assert status == 409 and answer["code"] == "E_WRONG_STATE"
    wait_for(lambda: any(event["data"]["state"] == "ready" for event in events(receiver, "account.state")), describe="the state event")
    links = events(receiver, "account.link")
    assert links and "wa.me" not in json.dumps(links)


def test_the_version_that_is_set_is_announced(suite, sales, double):
    logins = [row for row in double.control("journal/events")["rows"] if row["kind"] == "login"]
    assert logins and {f"2.3000.{row['version']}" for row in logins} == {VERSION}


def test_a_code_links_a_line(suite, double):
    add(suite, "coded")
    assert suite.ctl("account", "start", "coded").returncode == 0
    wait_for(lambda: state(suite, "coded") == "qr", describe="a QR")
    status, answer, _ = suite.post("/api/v1/accounts/coded/link", {"method": "code", "phone": "+0123"})
    assert status == 400 and "phone" in answer["error"], answer
    status, answer, _ = suite.post("/api/v1/accounts/coded/link", {"method": "code", "phone": f"+{BERT}"})
    assert status == 200 and answer["method"] == "code", answer
    double.control(f"accounts/{BERT}/code", {"code": answer["code"].replace("-", "")})
    wait_for(lambda: state(suite, "coded") == "ready", describe="ready")
    assert suite.post("/api/v1/accounts/coded/logout")[0] == 204
    wait_for(lambda: state(suite, "coded") == "logged_out", describe="logged out")
    assert suite.ctl("account", "stop", "coded").returncode == 0


# --- messages ---

def test_a_message_reaches_a_webhook_and_the_reply_the_sender(suite, sales, bert, receiver):
    bert.call("sendText", to=pn(ANNA), text="Hello line", wait="ack")
    received = wait_for(lambda: [event for event in events(receiver, "message.received") if event["data"]["message"]["text"] == "Hello line"],
                        describe="the webhook")[0]["data"]
    assert received["message"]["chat"] == BERT and received["contact"]["lid"] == f"{LIDS[BERT]}@lid", received
    number = send(suite, received["message"]["chat"], text="Hello Bert", reply_to=received["message"]["id"])
    got = bert.wait("message", where=lambda m: text_of(m) == "Hello Bert")
    assert got["message"]["extendedTextMessage"]["contextInfo"]["stanzaId"] == received["message"]["network_id"]
    wait_for(lambda: message(suite, number)["status"] in ("delivered", "read"), describe="delivered")


def test_reading_is_told(suite, sales, bert, receiver):
    bert.call("sendText", to=pn(ANNA), text="Read me", wait="ack")
    number = wait_for(lambda: [event for event in events(receiver, "message.received") if event["data"]["message"]["text"] == "Read me"],
                      describe="received")[0]["data"]["message"]["id"]
    status, answer, _ = suite.post(f"/api/v1/accounts/sales/messages/{number}/read")
    assert status == 204, answer
    assert message(suite, number)["status"] == "read"


def test_recipients_that_are_none_are_refused(suite, sales):
    for to in ("0151123456", "120363000000000001@newsletter", "someone@g.us"):
        status, answer, _ = suite.post("/api/v1/accounts/sales/messages", {"to": to, "text": "x"})
        assert status == 400 and answer["issues"][0]["path"] == "to", answer


# --- restarts ---

def test_a_restart_keeps_the_line_and_loses_nothing(suite, sales, bert, receiver):
    line = suite.line("sales")
    starts = line.starts
    line.kill()
    bert.call("sendText", to=pn(ANNA), text="While you were away", wait="ack")
    number = None

    def post():
        nonlocal number
        status, answer, _ = suite.post("/api/v1/accounts/sales/messages", {"to": BERT, "text": "After the kill"})
        number = answer.get("id")
        return status == 202
    wait_for(post, describe="the line takes messages again")
    wait_for(lambda: [event for event in events(receiver, "message.received") if event["data"]["message"]["text"] == "While you were away"],
             describe="what came meanwhile")
    bert.wait("message", where=lambda m: text_of(m) == "After the kill")
    wait_for(lambda: message(suite, number)["status"] in ("sent", "delivered", "read"), describe="sent")
    assert line.starts == starts + 1


def test_a_restored_backup_talks_with_new_sessions(suite, sales, bert, double, receiver):
    """Ratchets of a copy are not used again: the original may have gone on with them (docs/protocol/sessions.md)."""
    copy = suite.directory / "copy.db"
    saved = suite.ctl("db", "backup", "sales", str(copy))
    assert saved.returncode == 0, saved.stderr

    def ask(path, question):
        return subprocess.run(["sqlite3", str(path), question], capture_output=True, text=True, check=True).stdout.strip()
    own = suite.data_dir / "accounts" / "sales" / "whatsapp.db"
    assert (ask(copy, "SELECT is_copy FROM generation"), ask(own, "SELECT is_copy FROM generation")) == ("1", "0")
    number = send(suite, BERT, text="Not in the backup")
    bert.wait("message", where=lambda m: text_of(m) == "Not in the backup")
    wait_for(lambda: message(suite, number)["status"] in ("delivered", "read"), describe="delivered")

    assert suite.ctl("account", "stop", "sales").returncode == 0
    wait_for(lambda: not suite.line("sales").is_running(), describe="stopped")
    for path in own.parent.glob("whatsapp.db*"):
        path.unlink()
    own.write_bytes(copy.read_bytes())
    assert suite.ctl("account", "start", "sales").returncode == 0
    wait_for(lambda: state(suite) == "ready", describe="ready")
    assert ask(own, "SELECT is_copy FROM generation") == "0"
    send(suite, BERT, text="After the restore")
    bert.wait("message", where=lambda m: text_of(m) == "After the restore")
    bert.call("sendText", to=pn(ANNA), text="And back", wait="ack")
    wait_for(lambda: [event for event in events(receiver, "message.received") if event["data"]["message"]["text"] == "And back"],
             describe="received after the restore")


def test_health_and_metrics_tell_of_the_connection(suite, sales):
    wait_for(lambda: state(suite) == "ready", describe="ready")
    checks = suite.get("/health")[1]["checks"]
    assert [check for check in checks if "connection" in json.dumps(check)], checks
    text = suite.get("/metrics")[1].decode()
    promised = re.findall(r'"(ulak_link_\w+)"', (ROOT / "src/core/metrics-table.c").read_text())
    assert len(promised) == 7 and not [name for name in promised if f'{name}{{account="sales"}}' not in text]


def measured(suite):
    found = re.findall(r'^ulak_link_(\w+)\{account="sales"\} (\S+)$', suite.get("/metrics")[1].decode(), re.MULTILINE)
    return {name: float(value) for name, value in found}


def test_liveness_is_measured(suite, sales, bert, double, receiver):
    jid = f"{ANNA}:1@s.whatsapp.net"
    wait_for(lambda: state(suite) == "ready", describe="ready")
    bert.call("sendText", to=pn(ANNA), text="a sign of life", wait="ack")
    wait_for(lambda: [event for event in events(receiver, "message.received") if event["data"]["message"]["text"] == "a sign of life"], describe="the message")
    before = wait_for(lambda: measured(suite) if measured(suite)["outstanding_acks"] == 0 else None, describe="nothing outstanding")
    assert 0 <= before["decrypted_age_seconds"] < 30 and 0 <= before["frame_age_seconds"] < 30 and before["pong_age_seconds"] < 60
    assert before["connected_seconds"] > 0 and 0 < before["ready_after_seconds"] < 20

    double.control("faults", {"direction": "out", "tag": "ack", "device": jid, "attrs": {"class": "message"}, "action": "delay", "delay_ms": 2500})
    number = send(suite, BERT, text="acknowledged late")
    wait_for(lambda: measured(suite)["outstanding_acks"] == 1, describe="an outstanding ack")
    wait_for(lambda: message(suite, number)["status"] in ("sent", "delivered", "read"), describe="the ack")
    assert measured(suite)["outstanding_acks"] == 0

    double.control(f"devices/{jid}/cut", {})
    wait_for(lambda: measured(suite)["reconnects"] == before["reconnects"] + 1 and state(suite) == "ready", describe="a new connection")
    after = measured(suite)
    assert after["connected_seconds"] < 20 and after["pong_age_seconds"] == -1


# --- the end ---

def test_the_phone_unlinks_the_line_and_its_history_stays(suite, sales, double):
    double.control(f"accounts/{ANNA}/unlink", {})
    wait_for(lambda: state(suite) == "logged_out", describe="logged out")
    status, answer, _ = suite.get("/api/v1/accounts/sales/chats")
    assert status == 200 and answer["data"], answer
    assert suite.post("/api/v1/accounts/sales/messages", {"to": BERT, "text": "x"})[0] == 409
    link_with_ctl(suite, double, "sales", ANNA)
    assert state(suite) == "ready"
