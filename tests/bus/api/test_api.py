# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""ulak-api as a process on a private bus, with a stand-in for systemd, the real ulak-webhooks and lines of tests/bus/api/line.py."""

import hashlib
import hmac
import http.client
import json
import os
import pathlib
import socket
import threading
import time

import pytest
from gi.repository import GLib

from tests.program.suite import CREDENTIALS, Process, Suite, wait_for

SETTINGS = {"phone_number_id": "111", "access_token": "secret:graph-token", "app_secret": "secret:graph-app-secret",
            "verify_token": "secret:graph-verify"}
LINE = pathlib.Path(__file__).with_name("line.py")


class ApiSuite(Suite):
    """The suite with lines that only pretend."""

    def folder(self, account):
        folder = self.directory / f"line-{account}"
        folder.mkdir(exist_ok=True)
        return folder

    def line(self, account):
        name = f"line-{account}"
        if name not in self.processes:
            command = ["/usr/bin/python3", str(LINE), account, str(self.folder(account))]
            self.processes[name] = Process(name, command, self.environment(), self.directory / "logs")
        return self.processes[name]

    def calls(self, account, method):
        path = self.folder(account) / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [arguments for name, arguments in map(json.loads, lines) if name == method]

    def fail(self, account, method, *errors):
        (self.folder(account) / f"fail-{method}").write_text("".join(f"{e}\n" for e in errors))

    def add(self, account, number, start=True):
        document = {"id": account, "network": "whatsapp", "backend": "cloud", "settings": {**SETTINGS, "phone_number_id": number}}
        status, answer, _ = self.post("/api/v1/accounts", document)
        assert status == 201, answer
        if start:
            self.start(account)

    def start(self, account):
        assert self.post(f"/api/v1/accounts/{account}/start")[0] == 202
        wait_for(lambda: self.get(f"/api/v1/accounts/{account}")[1]["state"] == "ready", describe=f"{account} ready")

    def stop(self, account):
        assert self.post(f"/api/v1/accounts/{account}/stop")[0] == 202
        wait_for(lambda: self.get(f"/api/v1/accounts/{account}")[1]["state"] == "stopped", describe=f"{account} stopped")

    def callback(self, account, body, secret=None):
        data = json.dumps(body).encode()
        secret = secret or CREDENTIALS["graph-app-secret"]
        signature = "sha256=" + hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
        return self.request("POST", f"/webhooks/whatsapp/{account}", data, {"X-Hub-Signature-256": signature})[0]

    def api(self, method, signature, *arguments):
        return self.call("org.ulak.Api1", "/org/ulak/api", "org.ulak.Api1", method, GLib.Variant(signature, (*arguments, {})))


@pytest.fixture(scope="module")
def suite():
    with ApiSuite(config={"api": {"header_timeout_ms": "1000", "slow_request_ms": "10000"}}) as running:
        running.add("sales", "111")
        yield running


def peek(client):
    try:
        return client.recv(4096, socket.MSG_PEEK)
    except BlockingIOError:
        return b""


def body_for(*numbers):
    return {"object": "whatsapp_business_account",
            "entry": [{"changes": [{"value": {"metadata": {"phone_number_id": n}}, "field": "messages"}]} for n in numbers]}


def send(suite, document, key=None, account="sales"):
    return suite.post(f"/api/v1/accounts/{account}/messages", document, headers={"Idempotency-Key": key} if key else {})


def sent_ids(suite, text):
    return [c[0] for c in suite.calls("sales", "Send") if json.loads(c[1]).get("text") == text]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/health"])
def test_probes_need_no_key_and_say_little(suite, path):
    status, answer, _ = suite.request("GET", path, headers={"Authorization": ""})
    assert status == 200 and "checks" not in answer


def test_a_key_shows_the_health_of_every_process(suite):
    _, answer, _ = suite.get("/health")
    assert {c["service"] for c in answer["checks"]} >= {"api", "webhooks", "sales"}


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "Bearer ulak_000000000000_00"}, {"Authorization": "Basic eDp5"}])
def test_other_routes_need_a_key(suite, headers):
    status, answer, got = suite.request("GET", "/api/v1/accounts", headers=headers)
    assert (status, answer["code"]) == (401, "E_UNAUTHORIZED") and got["WWW-Authenticate"] == "Bearer"
    assert set(answer) == {"error", "code", "requestId"}


def test_a_failed_login_is_logged_with_the_address(suite):
    suite.request("GET", "/api/v1/accounts", headers={"Authorization": "Bearer ulak_000000000000_00", "X-Forwarded-For": "1.2.3.4, 192.0.2.7"})
    wait_for(lambda: "Failed login from 192.0.2.7" in suite.processes["api"].log())


def test_a_key_may_come_as_x_api_key_and_is_refused_once_removed(suite):
    key_id, key = suite.api("AddKey", "(sa{sv})", "temporary")
    headers = {"Authorization": "", "X-API-Key": key}
    assert suite.request("GET", "/api/v1/accounts", headers=headers)[0] == 200
    suite.api("RemoveKey", "(sa{sv})", key_id)
    assert suite.request("GET", "/api/v1/accounts", headers=headers)[0] == 401
    assert key_id not in [row[0] for row in suite.api("ListKeys", "(a{sv})")[0]]


def test_errors_have_one_shape_and_the_request_id_comes_back(suite):
    status, answer, headers = suite.request("DELETE", "/api/accounts", headers={"X-Request-Id": "my-id.1"})
    assert (status, answer["code"], answer["requestId"], headers["X-Request-Id"]) == (405, "E_METHOD", "my-id.1", "my-id.1")
    assert headers["Allow"] == "GET, HEAD, POST"
    status, answer, headers = suite.request("GET", "/api/v1/nothing", headers={"X-Request-Id": "bad id"})
    assert (status, answer["code"]) == (404, "E_NOT_FOUND") and answer["requestId"] == headers["X-Request-Id"] != "bad id"


def test_the_context_reaches_the_line(suite):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    suite.post("/api/v1/accounts/sales/messages", {"to": "1", "text": "ctx"}, headers={"X-Request-Id": "req-9", "traceparent": trace})
    options = next(c[2] for c in suite.calls("sales", "Send") if json.loads(c[1]).get("text") == "ctx")
    assert options == {"request-id": "req-9", "traceparent": trace}


def test_a_message_is_sent_once_per_key_and_every_time_without(suite):
    first, second = send(suite, {"text": "keyed"}, "k-1"), send(suite, {"text": "keyed"}, "k-1")
    assert first[0] == second[0] == 202 and first[1] == second[1]
    assert sent_ids(suite, "keyed") == [first[1]["id"]]
    assert send(suite, {"text": "other"}, "k-1")[1]["code"] == "E_CONFLICT"
    assert send(suite, {"text": "free"})[1]["id"] != send(suite, {"text": "free"})[1]["id"]
    assert send(suite, {"text": "x"}, "not a key")[0] == 400


def test_a_repeat_after_an_unclear_end_sends_the_same_id(suite):
    suite.fail("sales", "Send", "exit")
    status, answer, headers = send(suite, {"text": "unclear"}, "k-2")
    assert (status, answer["code"]) == (503, "E_UNAVAILABLE") and headers["Retry-After"]
    suite.processes["api"].kill()
    wait_for(lambda: suite.get("/readyz")[0] == 200, describe="the API again")
    answer = wait_for(lambda: (r := send(suite, {"text": "unclear"}, "k-2"))[0] == 202 and r[1], describe="the line again")
    assert sent_ids(suite, "unclear") == [answer["id"]] * 2


def test_a_refused_message_frees_its_key(suite):
    suite.fail("sales", "Send", "org.ulak.Error.Invalid")
    status, answer, _ = send(suite, {"text": "bad"}, "k-3")
    assert (status, answer["code"], answer.get("issues")) == (400, "E_INVALID", [{"path": "to", "message": "as the test wants it"}]), answer
    assert wait_for(lambda: send(suite, {"text": "better"}, "k-3")[0] == 202)


def test_chats_page_by_cursor_and_wrong_pages_are_refused(suite):
    _, page, _ = suite.get("/api/v1/accounts/sales/chats?limit=2")
    assert [c["id"] for c in page["data"]] == ["0", "1"]
    _, page, _ = suite.get(f"/api/v1/accounts/sales/chats?limit=2&cursor={page['next']}")
    assert [c["id"] for c in page["data"]] == ["2"] and page["next"] is None
    for wrong in ("0", "201", "x", "-1"):
        assert suite.get(f"/api/v1/accounts/sales/chats?limit={wrong}")[1]["code"] == "E_INVALID"


def test_typed_errors_of_a_line_keep_their_code(suite):
    assert suite.get("/api/v1/accounts/sales/messages/none")[1]["code"] == "E_NOT_FOUND"
    assert suite.get("/api/v1/accounts/nobody/messages/none")[0] == 404
    status, answer, _ = suite.post("/api/v1/accounts/sales/link", {"method": "qr"})
    assert (status, answer["code"]) == (501, "E_UNSUPPORTED")
    assert suite.post("/api/v1/accounts/sales/link", {"method": "smoke"})[1]["issues"][0]["path"] == "method"


def test_media_cross_as_descriptors_whole(suite):
    picture = os.urandom(3_000_000)
    status, answer, _ = suite.request("POST", "/api/v1/accounts/sales/media?file_name=a.png", picture, {"Content-Type": "image/png"})
    assert (status, answer) == (201, {"media_id": "media-1"})
    assert suite.calls("sales", "UploadMedia")[-1][:3] == [len(picture), "image/png", "a.png"]
    status, content, headers = suite.get("/api/v1/accounts/sales/media/media-1")
    assert (status, headers["Content-Type"]) == (200, "image/png") and content == picture
    assert "attachment" in headers["Content-Disposition"]


def test_an_upload_without_a_key_is_refused_before_its_body(suite):
    with socket.create_connection(("127.0.0.1", suite.port)) as client:
        client.sendall(b"POST /api/v1/accounts/sales/media HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 401")


def test_uploads_at_once_have_a_limit_and_a_cut_one_frees_its_place(suite):
    head = f"POST /api/v1/accounts/sales/media HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {suite.key}\r\nContent-Length: 5000\r\n\r\n".encode()
    clients = [socket.create_connection(("127.0.0.1", suite.port)) for _ in range(17)]
    for client in clients:
        client.sendall(head + b"x")
    refused = wait_for(lambda: [c for c in clients if (c.setblocking(False), peek(c))[1].startswith(b"HTTP/1.1 503")])
    assert len(refused) == 1
    for client in clients:
        client.close()
    wait_for(lambda: suite.request("POST", "/api/v1/accounts/sales/media", b"y", {"Content-Type": "image/png"})[0] == 201)


def test_bodies_over_the_limit_are_refused(suite):
    status, answer, headers = suite.request("POST", "/api/v1/accounts", b"x" * 1_048_577)
    assert (status, answer["code"]) == (413, "E_TOO_LARGE") and headers["Connection"] == "close"


def test_ambiguous_framing_is_refused_in_the_error_shape(suite):
    with socket.create_connection(("127.0.0.1", suite.port)) as client:
        client.sendall(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        heard = b"".join(iter(lambda: client.recv(4096), b""))
    assert heard.count(b"HTTP/1.1") == 1 and heard.startswith(b"HTTP/1.1 400")
    assert json.loads(heard.split(b"\r\n\r\n", 1)[1])["code"] == "E_INVALID"


@pytest.mark.parametrize("request_bytes, status", [(b"GET /healthz HTTP/1.1\r\n\r\n", b"400"), (b"rubbish\r\n\r\n", b"400"),
                                                   (b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"501")])
def test_what_cannot_be_parsed_is_refused_in_the_error_shape(suite, request_bytes, status):
    with socket.create_connection(("127.0.0.1", suite.port)) as client:
        client.sendall(request_bytes)
        heard = b"".join(iter(lambda: client.recv(4096), b""))
    assert heard.split(b" ")[1] == status
    assert set(json.loads(heard.split(b"\r\n\r\n", 1)[1])) == {"error", "code", "requestId"}


def test_a_chunked_request_is_the_last_of_its_connection(suite):
    with socket.create_connection(("127.0.0.1", suite.port)) as client:
        client.sendall(b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        heard = b"".join(iter(lambda: client.recv(4096), b""))
    assert heard.count(b"HTTP/1.1") == 1


def test_callbacks_are_kept_in_order_for_every_number_they_name(suite):
    suite.add("support", "222")
    for n in range(5):
        assert suite.callback("sales", body_for("111", "222") | {"n": n}) == 200
    for account in ("sales", "support"):
        got = wait_for(lambda account=account: (c := suite.calls(account, "Receive")) and len(c) == 5 and c, describe=account)
        assert [json.loads(c[0])["n"] for c in got] == list(range(5))


def test_callbacks_of_a_stopped_line_wait_through_a_kill(suite):
    suite.add("later", "333", start=False)
    assert suite.callback("later", body_for("333") | {"n": "kept"}) == 200
    suite.processes["api"].kill()
    wait_for(lambda: suite.get("/readyz")[0] == 200, describe="the API again")
    suite.start("later")
    wait_for(lambda: [json.loads(c[0])["n"] for c in suite.calls("later", "Receive")] == ["kept"])


def test_a_line_that_is_full_gets_the_body_again_and_an_invalid_one_is_set_aside(suite):
    suite.fail("later", "Receive", "org.ulak.Error.Full", "org.ulak.Error.Invalid")
    assert suite.callback("later", body_for("333") | {"n": "bad"}) == 200
    assert suite.callback("later", body_for("333") | {"n": "good"}) == 200
    wait_for(lambda: [json.loads(c[0])["n"] for c in suite.calls("later", "Receive")][-3:] == ["bad", "bad", "good"])
    wait_for(lambda: any(c["name"] == "inbox" and c["status"] == "degraded" for c in suite.get("/health")[1]["checks"]))


def test_what_waits_for_a_line_is_counted(suite):
    def rows(account):
        return next((int(line.split()[1]) for line in suite.get("/metrics")[1].decode().splitlines()
                     if line.startswith(f'ulak_inbox_rows{{account="{account}"}}')), None)

    assert rows("sales") == 0
    suite.stop("sales")
    assert {suite.callback("sales", body_for("111")) for _ in range(3)} == {200}
    assert rows("sales") == 3
    suite.processes["api"].stop()
    suite.processes["api"].start()
    wait_for(lambda: suite.get("/readyz")[0] == 200)
    assert rows("sales") == 3
    suite.start("sales")
    wait_for(lambda: rows("sales") == 0)


def test_forged_callbacks_are_refused(suite):
    assert suite.callback("sales", body_for("111"), secret="wrong") == 403
    assert suite.request("POST", "/webhooks/whatsapp/sales", b"{}")[0] == 403
    assert suite.callback("nobody", body_for("111")) == 404


def test_the_state_of_a_line_is_what_it_says_and_a_stopped_one_refuses(suite):
    suite.stop("support")
    status, answer, _ = send(suite, {"text": "x"}, account="support")
    assert (status, answer["code"]) == (409, "E_WRONG_STATE")
    suite.start("support")
    assert send(suite, {"text": "x"}, account="support")[0] == 202


def test_a_changed_account_is_told_to_its_line(suite):
    status, answer, _ = suite.request("PATCH", "/api/v1/accounts/support", {"name": "Help", "settings": {"waba_id": "9"}})
    assert status == 200 and (answer["name"], answer["settings"]["waba_id"]) == ("Help", "9")
    assert json.loads(suite.calls("support", "Reconfigure")[-1][0])["name"] == "Help"


def test_a_removed_account_is_stopped_and_its_folder_kept_aside(suite):
    folder = suite.data_dir / "accounts" / "support"
    folder.mkdir(parents=True)
    (folder / "history").write_text("x")
    assert suite.request("DELETE", "/api/v1/accounts/support")[0] == 204
    assert suite.get("/api/v1/accounts/support")[0] == 404 and not suite.processes["line-support"].is_running()
    kept = list((suite.data_dir / "accounts").glob("support.removed-*"))
    assert len(kept) == 1 and (kept[0] / "history").read_text() == "x"


def test_a_folder_that_cannot_be_put_aside_is_told_and_the_account_is_gone(suite):
    folder, elsewhere = suite.data_dir / "accounts", suite.data_dir / "elsewhere"
    suite.add("doomed", "333", start=False)
    suite.add("damned", "444", start=False)
    folder.rename(elsewhere)
    folder.write_text("no folder")
    try:
        status, answer, _ = suite.request("DELETE", "/api/v1/accounts/doomed")
        assert status == 200 and answer["warning"].startswith("The account is gone, but its folder stays")
        with pytest.raises(GLib.Error, match="The account is gone, but its folder stays"):
            suite.api("RemoveAccount", "(sa{sv})", "damned")
    finally:
        folder.unlink()
        elsewhere.rename(folder)
    assert {suite.get(f"/api/v1/accounts/{account}")[0] for account in ("doomed", "damned")} == {404}


def test_wanted_lines_are_started_again(suite):
    suite.processes["line-sales"].stop()
    wait_for(lambda: suite.get("/api/v1/accounts/sales")[1]["state"] == "stopped")
    assert suite.api("StartWanted", "(a{sv})")[0] >= 1
    wait_for(lambda: suite.get("/api/v1/accounts/sales")[1]["state"] == "ready")


def test_a_stranger_reads_no_secret(suite):
    with pytest.raises(GLib.Error) as caught:
        suite.api("ReadSecret", "(ssa{sv})", "sales", "graph-token")
    assert "org.ulak.Error.NotAllowed" in caught.value.message


def test_events_stream_resume_and_filter(suite):
    def submit(name, account="sales"):
        event_id = f"0193{os.urandom(2).hex()}-0000-7000-8000-{os.urandom(6).hex()}"
        data = json.dumps({"message": {"text": name}}).encode()
        suite.call("org.ulak.Webhooks1", "/org/ulak/webhooks", "org.ulak.Webhooks1", "Submit",
                   GLib.Variant("(sa(ssxsay)a{sv})", (account, [(event_id, "message.received", int(time.time() * 1e6), "c", data)], {})))

    def read(path, n, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", suite.port, timeout=20)
        connection.request("GET", path, headers={"Authorization": f"Bearer {suite.key}", **(headers or {})})
        response = connection.getresponse()
        assert response.headers["Content-Type"] == "text/event-stream"
        found, ids = [], []
        while len(found) < n:
            line = response.readline().decode().strip()
            if line.startswith("id:"):
                ids.append(line[3:].strip())
            if line.startswith("data:"):
                found.append(json.loads(line[5:])["data"]["message"]["text"])
        connection.close()
        return found, ids

    submit("one")
    submit("elsewhere", "other")
    results = []
    reader = threading.Thread(target=lambda: results.append(read("/api/v1/events?after=0&account=sales", 3)))
    reader.start()
    submit("two")
    submit("three")
    reader.join(20)
    assert results and results[0][0] == ["one", "two", "three"]
    assert read("/api/v1/events?account=sales", 1, {"Last-Event-ID": results[0][1][1]})[0] == ["three"]
    assert suite.get("/api/v1/events?after=x")[0] == 400


def test_a_stop_ends_streams_of_events_in_order(suite):
    connection = http.client.HTTPConnection("127.0.0.1", suite.port, timeout=20)
    connection.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {suite.key}"})
    response = connection.getresponse()
    assert response.readline().startswith(b":")
    suite.processes["api"].stop()
    response.read()  # raises IncompleteRead if the last chunk is missing
    suite.processes["api"].start()
    wait_for(lambda: suite.get("/readyz")[0] == 200)


def test_metrics_of_all_processes_are_one_text(suite):
    send(suite, {"text": "counted"})
    text = suite.get("/metrics")[1].decode()
    assert 'wp_panel_http_requests_total{method="POST",route="/api/v1/accounts/{id}/messages",status="202"}' in text
    assert 'ulak_queue_depth{account="sales"} 3' in text


def test_metrics_ask_for_the_token_that_is_set_and_pages_for_their_origin():
    with ApiSuite(config={"api": {"metrics_token": "secret:graph-verify", "cors_origins": "https://panel.example"}}) as other:
        preflight = {"Authorization": "", "Origin": "https://panel.example", "Access-Control-Request-Method": "POST"}
        status, _, headers = other.request("OPTIONS", "/api/v1/accounts", headers=preflight)
        assert (status, headers["Access-Control-Allow-Origin"]) == (204, "https://panel.example")
        status, _, headers = other.request("OPTIONS", "/api/v1/accounts", headers={**preflight, "Origin": "https://evil.example"})
        assert status == 405 and "Access-Control-Allow-Origin" not in headers
        wait_for(lambda: other.request("GET", "/metrics", headers={"Authorization": f"Bearer {CREDENTIALS['graph-verify']}"})[0] == 200)
        assert other.get("/metrics")[0] == 401
        assert other.request("GET", "/metrics", headers={"Authorization": "Bearer secret:graph-verify"})[0] == 401


def test_the_audit_trail_survives_a_restart(suite):
    def entries():
        return suite.call("org.ulak.Api1", "/org/ulak/api", "org.ulak.Service1", "Audit", GLib.Variant("(xa{sv})", (0, {})))[0]

    suite.add("audited", "555", start=False)
    assert suite.request("DELETE", "/api/v1/accounts/" + "x" * 300)[0] == 404
    before = entries()
    added, refused = before[-2:]
    assert added[1].startswith("key:") and added[2:] == ("account.add", "audited", "ok")
    assert (refused[2], len(refused[3]), refused[4]) == ("account.remove", 256, "org.ulak.Error.NotFound")
    suite.processes["api"].stop()
    suite.processes["api"].start()
    wait_for(lambda: suite.get("/readyz")[0] == 200)
    assert entries() == before
    assert suite.request("DELETE", "/api/v1/accounts/audited")[0] == 204
    assert entries()[:-1] == before and entries()[-1][2:] == ("account.remove", "audited", "ok")


def test_status_on_the_bus_shows_lines(suite):
    document = json.loads(suite.api("Status", "(a{sv})")[0])
    sales = next(a for a in document["accounts"] if a["id"] == "sales")
    assert (sales["state"], sales["queue_depth"], sales["held"]) == ("ready", 3, 1)


def test_slow_headers_are_cut(suite):
    with socket.create_connection(("127.0.0.1", suite.port), timeout=10) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost")
        assert client.recv(100) == b""


def test_a_restart_under_load_loses_no_request(suite):
    stop, faults, done = threading.Event(), [], []

    def work(number):
        connection = http.client.HTTPConnection("127.0.0.1", suite.port, timeout=30)
        while not stop.is_set():
            try:
                connection.request("POST", "/api/v1/accounts/sales/messages", json.dumps({"text": "load"}), {"Authorization": f"Bearer {suite.key}"})
                response = connection.getresponse()
                response.read()
                done.append(response.status)
                if response.status != 202:
                    faults.append(response.status)
            except (OSError, http.client.HTTPException) as error:
                faults.append(repr(error))
                connection.close()

    workers = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for worker in workers:
        worker.start()
    for generation in range(3):
        before = len(done)
        wait_for(lambda before=before: len(done) > before + 50)
        suite.processes["api"].stop()
        suite.processes["api"].start()
    wait_for(lambda before=len(done): len(done) > before + 50)
    stop.set()
    for worker in workers:
        worker.join(30)
    assert faults == [] and len(done) > 200
