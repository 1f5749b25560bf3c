# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""The main job, from end to end: a message comes in, a webhook goes out, a reply goes back."""

import base64
import json
import re
import threading
import urllib.request

import pytest

from tests.peers.graph import wire
from tests.program.suite import PHONE_NUMBER_ID, ROOT, wait_for

CONFIG = {"webhooks": {"backoff_ms": "100"}, "whatsapp": {"unknown_wait_ms": "2000", "send_backoff_ms": "100"}}
CUSTOMER = "905321112233"
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture(scope="module")
def line(suite, graph, receiver):
    """A ready cloud line whose callbacks arrive and whose events go to the receiver."""
    graph.aim(suite.add_cloud_account("sales"))
    endpoint = suite.add_webhook(f"{receiver.url}/hook")
    receiver.trust(endpoint["secret"])
    return endpoint


def events_of(receiver, kind, **wanted):
    found = [e["event"] for e in receiver.events() if e["event"]["type"] == kind and e["status"] == 200]
    return [e for e in found if all(e["data"]["message"].get(k) == v for k, v in wanted.items())]


def send(suite, document, key=None, account="sales"):
    headers = {"Idempotency-Key": key} if key else {}
    return suite.post(f"/api/v1/accounts/{account}/messages", document, headers=headers)


def wait_for_status(suite, message_id, status):
    return wait_for(lambda: (m := suite.get(f"/api/v1/accounts/sales/messages/{message_id}")[1]).get("status") == status and m,
                    20, f"{message_id} {status}")


def test_a_callback_becomes_a_signed_webhook(suite, graph, receiver, line):
    wamid = graph.control("inbound", {"from": CUSTOMER, "name": "Ayşe", "text": "Merhaba, açık mısınız?"})["ids"][0]
    event = wait_for(lambda: events_of(receiver, "message.received", network_id=wamid), describe="the webhook")[0]
    message = event["data"]["message"]
    assert (event["account"], message["text"], message["chat"], message["from_me"]) == ("sales", "Merhaba, açık mısınız?", CUSTOMER, False)
    assert event["data"]["contact"]["name"] == "Ayşe"
    assert receiver.control("unverified") == []


def test_a_reply_leaves_through_the_graph_api_and_its_statuses_come_back(suite, graph, receiver, line):
    status, answer, headers = send(suite, {"to": CUSTOMER, "text": "Evet, 18'e kadar"})
    assert status == 202 and answer["status"] == "pending" and headers["X-Request-Id"]
    stored = wait_for_status(suite, answer["id"], "read")
    accepted = [m for m in graph.state()["accepted"] if m["message"].get("biz_opaque_callback_data") == answer["id"]]
    assert len(accepted) == 1 and accepted[0]["message"]["text"]["body"] == "Evet, 18'e kadar"
    assert stored["network_id"] == accepted[0]["id"]
    for kind in ("message.sent", "message.delivered", "message.read"):
        assert len(wait_for(lambda kind=kind: events_of(receiver, kind, id=answer["id"]), describe=kind)) == 1


@pytest.mark.parametrize("content", [
    {"text": {"body": "https://example.com", "preview_url": True}},
    {"image": {"link": "https://example.com/a.jpg", "caption": "a"}},
    {"video": {"link": "https://example.com/a.mp4"}},
    {"audio": {"link": "https://example.com/a.ogg"}},
    {"document": {"link": "https://example.com/a.pdf", "file_name": "a.pdf", "caption": "price list"}},
    {"sticker": {"link": "https://example.com/a.webp"}},
    {"location": {"latitude": 41.0, "longitude": 28.9, "name": "Shop", "address": "Istanbul"}},
    {"contacts": [{"name": {"formatted_name": "Ali Veli", "first_name": "Ali"}, "phones": [{"phone": "+905000000000", "type": "WORK"}]}]},
    {"interactive": {"type": "button", "body": "Which?", "buttons": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}},
    {"interactive": {"type": "list", "body": "Which?", "button": "Choose", "sections": [{"title": "S", "rows": [{"id": "1", "title": "One"}]}]}},
    {"template": {"name": "hello_world", "language": "en_US"}},
], ids=lambda content: next(iter(content)))
def test_every_kind_of_content_reaches_the_graph_api(suite, graph, line, content):
    status, answer, _ = send(suite, {"to": CUSTOMER, **content})
    assert status == 202, answer
    wait_for_status(suite, answer["id"], "read")


def test_what_we_sent_and_got_fits_metas_description(graph, line):
    state = graph.state()
    if not state["schema_checked"]:
        pytest.skip("Meta's OpenAPI description is not beside the checkout")
    assert state["schema_faults"] == []


def test_media_go_up_and_come_down(suite, graph, receiver, line):
    status, answer, _ = suite.request("POST", "/api/v1/accounts/sales/media", PNG, {"Content-Type": "image/png"})
    assert status == 201, answer
    _, sent, _ = send(suite, {"to": CUSTOMER, "image": {"media_id": answer["media_id"], "caption": "photo"}})
    wait_for_status(suite, sent["id"], "read")

    picture = graph.control("media", {"content": base64.b64encode(PNG).decode(), "mime_type": "image/png"})
    message = {"from": CUSTOMER, "id": wire.wamid(), "timestamp": "1795568112", "type": "image",
               "image": {"id": picture["id"], "mime_type": "image/png", "sha256": picture["sha256"], "caption": "look"}}
    graph.control("inbound", {"messages": [message], "contacts": [wire.contact(CUSTOMER, "Ayşe")]})
    event = wait_for(lambda: events_of(receiver, "message.received", network_id=message["id"]), describe="the picture's webhook")[0]
    media_id = event["data"]["message"]["media"]["media_id"]
    status, content, headers = suite.get(f"/api/v1/accounts/sales/media/{media_id}")
    assert (status, content, headers["Content-Type"]) == (200, PNG, "image/png")


def test_the_same_key_and_body_is_one_message_and_another_body_is_a_conflict(suite, graph, line):
    first = send(suite, {"to": CUSTOMER, "text": "once"}, key="order-17")
    second = send(suite, {"to": CUSTOMER, "text": "once"}, key="order-17")
    other = send(suite, {"to": CUSTOMER, "text": "twice"}, key="order-17")
    assert first[0] == second[0] == 202 and first[1]["id"] == second[1]["id"]
    assert (other[0], other[1]["code"]) == (409, "E_CONFLICT")
    wait_for_status(suite, first[1]["id"], "read")
    assert sum(m["message"].get("biz_opaque_callback_data") == first[1]["id"] for m in graph.state()["accepted"]) == 1


def test_a_bad_message_is_refused_with_every_issue_named(suite, line):
    status, answer, _ = send(suite, {"to": "abc", "text": "", "colour": "red"})
    assert (status, answer["code"]) == (400, "E_INVALID")
    assert {issue["path"] for issue in answer["issues"]} >= {"to", "text", "colour"}


@pytest.mark.parametrize("code, http_status, ours", [(131026, 400, "E_WA_UNDELIVERABLE"), (132001, 404, "E_WA_TEMPLATE_MISSING"),
                                                     (132015, 400, "E_WA_TEMPLATE_PAUSED")])
def test_a_final_graph_error_fails_the_message_with_a_typed_code(suite, graph, receiver, line, code, http_status, ours):
    graph.control("faults", {"method": "POST", "path": f"/v23.0/{PHONE_NUMBER_ID}/messages", "status": http_status,
                             "body": wire.error(code, "refused")[1]})
    _, answer, _ = send(suite, {"to": CUSTOMER, "text": f"error {code}"})
    stored = wait_for_status(suite, answer["id"], "failed")
    assert (stored["error"]["code"], stored["error"]["original_code"]) == (ours, code)
    assert wait_for(lambda: events_of(receiver, "message.failed", id=answer["id"]))


def test_a_passing_graph_fault_is_tried_again_under_the_same_row(suite, graph, line):
    path = f"/v23.0/{PHONE_NUMBER_ID}/messages"
    graph.control("faults", {"method": "POST", "path": path, "status": 503, "body": "busy", "times": 2})
    graph.control("faults", {"method": "POST", "path": path, "status": 429, "body": wire.error(130429, "slow down", 429)[1], "times": 1})
    _, answer, _ = send(suite, {"to": CUSTOMER, "text": "patience"})
    wait_for_status(suite, answer["id"], "read")


def test_a_failing_receiver_gets_the_event_again_in_order(suite, graph, receiver, line):
    chat = "905550000001"
    receiver.control("faults", {"status": 500, "times": 2, "match": "order-0"})
    graph.control("inbound", {"from": chat, "text": "order-{n}", "count": 5})
    got = wait_for(lambda: (e := events_of(receiver, "message.received", chat=chat)) and len(e) == 5 and e, describe="five events")
    assert [e["data"]["message"]["text"] for e in got] == [f"order-{n}" for n in range(5)]
    sequences = [e["sequence"] for e in got]
    assert sequences == sorted(sequences)


def test_a_callback_with_a_bad_signature_is_refused_and_the_verification_handshake_answers(suite, line):
    url = f"{suite.url}/webhooks/whatsapp/sales"
    status, _, _ = suite.request("POST", "/webhooks/whatsapp/sales", b'{"object":"x"}', {"X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert status in (401, 403)
    query = "hub.mode=subscribe&hub.challenge=12345&hub.verify_token="
    with urllib.request.urlopen(f"{url}?{query}test-verify", timeout=10) as response:
        assert response.read() == b"12345"
    assert suite.get(f"/webhooks/whatsapp/sales?{query}wrong")[0] == 403


def test_a_stopped_line_keeps_its_callbacks_in_the_inbox_and_refuses_sends(suite, graph, receiver, line):
    assert suite.post("/api/v1/accounts/sales/stop")[0] in (200, 202)
    wait_for(lambda: suite.get("/api/v1/accounts/sales")[1]["state"] == "stopped", describe="stopped")
    wamid = graph.control("inbound", {"from": CUSTOMER, "text": "while you were out"})["ids"][0]
    wait_for(lambda: graph.state()["callbacks"][-1]["status"] == 200 and graph.state()["queued_callbacks"] == 0)
    # While the line's process still drains the answer is "try later"; once it is gone it is final.
    status, answer, _ = wait_for(lambda: (r := send(suite, {"to": CUSTOMER, "text": "x"}))[0] != 503 and r, describe="the line is gone")
    assert (status, answer["code"]) == (409, "E_WRONG_STATE")
    assert events_of(receiver, "message.received", network_id=wamid) == []
    suite.post("/api/v1/accounts/sales/start")
    assert wait_for(lambda: events_of(receiver, "message.received", network_id=wamid), describe="the kept message")


def test_a_repeated_callback_is_stored_once_and_statuses_never_go_backwards(suite, graph, receiver, line):
    message = wire.text_message(CUSTOMER, "again and again")
    for _ in range(3):
        graph.control("inbound", {"messages": [message], "contacts": [wire.contact(CUSTOMER, "Ayşe")]})
    wait_for(lambda: events_of(receiver, "message.received", network_id=message["id"]))
    _, answer, _ = send(suite, {"to": CUSTOMER, "text": "forwards only"})
    stored = wait_for_status(suite, answer["id"], "read")
    graph.control("status", {"statuses": [wire.status(stored["network_id"], "delivered", CUSTOMER), wire.status(stored["network_id"], "sent", CUSTOMER)]})
    marker = graph.control("inbound", {"from": CUSTOMER, "text": "marker"})["ids"][0]
    wait_for(lambda: events_of(receiver, "message.received", network_id=marker))
    assert len(events_of(receiver, "message.received", network_id=message["id"])) == 1
    assert suite.get(f"/api/v1/accounts/sales/messages/{answer['id']}")[1]["status"] == "read"


def test_chats_and_messages_are_listed_by_cursor(suite, line):
    status, page, _ = suite.get("/api/v1/accounts/sales/chats?limit=1")
    assert status == 200 and len(page["data"]) == 1 and page["next"]
    chat = page["data"][0]["id"]
    seen, cursor = [], ""
    while True:
        _, page, _ = suite.get(f"/api/v1/accounts/sales/chats/{chat}/messages?limit=3&cursor={cursor}")
        seen += [m["id"] for m in page["data"]]
        cursor = page.get("next")
        if not cursor:
            break
    assert len(seen) == len(set(seen)) > 0


def test_live_events_resume_from_the_last_event_id(suite, graph, line):
    def read(after, stop_text, found):
        request = urllib.request.Request(f"{suite.url}/api/v1/events", headers={"Authorization": f"Bearer {suite.key}", "Last-Event-ID": str(after)})
        with urllib.request.urlopen(request, timeout=20) as stream:
            for raw in stream:
                text = raw.decode().strip()
                if text.startswith("data:"):
                    found.append(json.loads(text[5:]))
                    if stop_text in text:
                        return
    first, second = [], []
    reader = threading.Thread(target=read, args=(0, "live-1", first))
    reader.start()
    graph.control("inbound", {"from": CUSTOMER, "text": "live-1"})
    reader.join(20)
    assert not reader.is_alive()
    graph.control("inbound", {"from": CUSTOMER, "text": "live-2"})
    read(first[-1]["sequence"], "live-2", second)
    sequences = [e["sequence"] for e in first + second]
    assert sequences == sorted(set(sequences))


def test_health_ready_and_metrics_tell_the_truth(suite, line):
    assert suite.get("/healthz")[0] == 200 and suite.get("/readyz")[0] == 200
    status, health, _ = suite.get("/health")
    assert status == 200 and health["overall"] == health["status"] and health["database"] == "healthy"
    text = suite.get("/metrics")[1].decode()
    for name in ("wp_panel_http_requests_total", "wp_panel_message_pipeline_messages_total", "wp_panel_webhook_deliveries_total"):
        assert f"\n{name}{{" in text
    assert 'route="/api/v1/accounts/{id}/messages"' in text and CUSTOMER not in text


def test_every_metric_that_is_promised_is_counted(suite, line):
    promised = re.findall(r'^  (?:COUNTER|GAUGE|HISTOGRAM) \("(\w+)"', (ROOT / "src/core/metrics-table.c").read_text(), re.M)
    promised = [name for name in promised if not name.startswith("ulak_link_")]  # of linked lines: test_linked.py
    assert len(promised) > 20

    def missing():
        text = suite.get("/metrics")[1].decode()
        return [name for name in promised if not re.search(rf"^{name}(_count)?[{{ ]", text, re.M)]
    wait_for(lambda: not missing(), 30, "a sample of each")


def test_no_text_token_or_whole_number_is_in_the_logs(suite, line):
    logs = "".join(process.log() for process in suite.processes.values())
    for private in (CUSTOMER, "Merhaba", "test-token", "test-app-secret", suite.key, "again and again"):
        assert private not in logs


def test_the_command_line_does_it_too(suite, graph, receiver, line):
    accounts = json.loads(suite.ctl("--json", "account", "list").stdout)
    assert [(a["id"], a["state"]) for a in accounts] == [("sales", "ready")]
    done = suite.ctl("--json", "send", "sales", CUSTOMER, "from the shell")
    assert done.returncode == 0, done.stderr
    wait_for_status(suite, json.loads(done.stdout)["id"], "read")
    assert "from the shell" in suite.ctl("messages", "sales", CUSTOMER).stdout
    assert "message.received" in suite.ctl("tail", "--after=0", "--no-follow").stdout
    assert suite.ctl("status").returncode == 0
    backup = suite.directory / "gateway-backup.db"
    done = suite.ctl("db", "backup", "gateway", str(backup))
    assert done.returncode == 0 and backup.read_bytes().startswith(b"SQLite format 3"), done.stderr
    assert suite.ctl("message", "sales", "nothing-such").returncode == 3


def test_a_token_that_ended_fails_the_line_and_a_new_start_with_a_good_one_heals_it(suite, graph, receiver, line):
    graph.control("config", {"token": "another-token"})
    _, answer, _ = send(suite, {"to": CUSTOMER, "text": "token gone"})
    stored = wait_for_status(suite, answer["id"], "failed")
    assert (stored["error"]["code"], stored["error"]["original_code"]) == ("E_WA_TOKEN_EXPIRED", 190)
    wait_for(lambda: suite.get("/api/v1/accounts/sales")[1]["state"] == "failed", describe="the line failed")
    assert wait_for(lambda: events_of(receiver, "message.failed", id=answer["id"]), describe="its event")

    graph.control("config", {"token": "test-token"})
    suite.post("/api/v1/accounts/sales/stop")
    wait_for(lambda: suite.get("/api/v1/accounts/sales")[1]["state"] == "stopped", describe="stopped")
    suite.post("/api/v1/accounts/sales/start")
    wait_for(lambda: suite.get("/api/v1/accounts/sales")[1]["state"] == "ready", describe="ready again")
    _, answer, _ = send(suite, {"to": CUSTOMER, "text": "token back"})
    wait_for_status(suite, answer["id"], "read")
