# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""ulak-webhooks as a process on a private bus: what it takes, keeps through SIGKILL, sends and tells."""
import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import secrets
import signal
import subprocess
import threading
import time
import uuid

import gi
import pytest

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

PROGRAM = os.environ["ULAK_WEBHOOKS"]
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>"""
NO_OPTIONS = {}


def wait_for(what, seconds=60, describe="condition"):  # only to fail: a busy disk may hold up a commit for long
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{describe} not reached in {seconds} s")


def event_id():
    ms = int(time.time() * 1000)
    return str(uuid.UUID(int=ms << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)))


def event(kind="message.received", chat="905321112233", **data):
    return (event_id(), kind, int(time.time() * 1e6), chat, json.dumps(data).encode())


class Receiver:
    """Remembers every request; answers what the test says."""

    def __init__(self):
        self.requests, self.status, self.gate = [], 200, threading.Event()
        self.gate.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if len(body) < int(self.headers["content-length"]):
                    self.close_connection = True  # the sender was killed in the middle of it
                    return
                receiver.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
                receiver.gate.wait(20)
                self.send_response(receiver.status)
                self.send_header("content-length", "2")
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):
                    self.wfile.write(b"ok")

            def log_message(self, *_arguments):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_arguments: None  # killed senders reset connections
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def documents(self):
        return [json.loads(body) for _headers, body in list(self.requests)]

    def close(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


class Webhooks:
    def __init__(self, directory, config="", with_key=True):
        self.directory = directory
        for name in ("data", "credentials", "run"):
            (directory / name).mkdir()
        if with_key:
            self.write_key()
        (directory / "ulak.conf").write_text(f"[webhooks]\nallow_private_targets=true\nbackoff_ms=50\n{config}")
        socket = directory / "bus"
        (directory / "bus.conf").write_text(BUS_CONFIG.format(socket=socket))
        self.bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={directory / 'bus.conf'}"])
        self.address = f"unix:path={socket}"
        self.connection = wait_for(self.connect, describe="the bus")
        self.process = None
        self.start()

    def connect(self):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        with contextlib.suppress(GLib.Error):  # not listening yet
            return Gio.DBusConnection.new_for_address_sync(self.address, flags, None, None)

    def write_key(self):
        (self.directory / "credentials" / "ulak-master").write_text(base64.b64encode(secrets.token_bytes(32)).decode())

    def start(self):
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address, "DBUS_SESSION_BUS_ADDRESS": self.address,
                       "DATA_DIR": str(self.directory / "data"), "RUNTIME_DIRECTORY": str(self.directory / "run"),
                       "CREDENTIALS_DIRECTORY": str(self.directory / "credentials"), "G_DEBUG": "fatal-warnings"}
        log = open(self.directory / "log", "ab")
        self.process = subprocess.Popen([PROGRAM, "--config", str(self.directory / "ulak.conf")], env=environment, stderr=log, stdout=log)
        wait_for(self.is_owned, describe="the bus name")

    def is_owned(self):
        assert self.process.poll() is None, (self.directory / "log").read_text()
        return self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                         GLib.Variant("(s)", ("org.ulak.Webhooks1",)), None, 0, 5000, None).unpack()[0]

    def kill(self):
        self.process.kill()
        self.process.wait()
        wait_for(lambda: not self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                                       GLib.Variant("(s)", ("org.ulak.Webhooks1",)), None, 0, 5000, None).unpack()[0])

    def terminate(self):
        self.process.terminate()
        return self.process.wait(20)

    def close(self):
        if self.process.poll() is None:
            assert self.terminate() == 0, (self.directory / "log").read_text()
        self.bus.terminate()
        self.bus.wait()

    def call(self, method, signature, *arguments, interface="org.ulak.Webhooks1"):
        reply = self.connection.call_sync("org.ulak.Webhooks1", "/org/ulak/webhooks", interface, method,
                                          GLib.Variant(signature, arguments), None, Gio.DBusCallFlags.NONE, 20000, None).unpack()
        return reply[0] if len(reply) == 1 else reply

    def fail(self, *arguments, **more):
        with pytest.raises(GLib.Error) as caught:
            self.call(*arguments, **more)
        return Gio.DBusError.get_remote_error(caught.value).removeprefix("org.ulak.Error.")

    def submit(self, *events, account="sales"):
        return self.call("Submit", "(sa(ssxsay)a{sv})", account, list(events), NO_OPTIONS)

    def read(self, after=0, limit=500, **options):
        return self.call("ReadEvents", "(tua{sv})", after, limit, options)

    def add(self, **document):
        return json.loads(self.call("AddEndpoint", "(sa{sv})", json.dumps(document), NO_OPTIONS))

    def deliveries(self, endpoint, limit=200, **options):
        array, _next = self.call("ListDeliveries", "(ssua{sv})", endpoint, "", limit, options)
        return json.loads(array)

    def property(self, name):
        return self.call("Get", "(ss)", "org.ulak.Webhooks1", name, interface="org.freedesktop.DBus.Properties")


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def make(tmp_path):
    made = []

    def build(**options):
        made.append(Webhooks(tmp_path, **options))
        return made[-1]
    yield build
    for webhooks in made:
        webhooks.close()


def is_signed(headers, body, secret):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")


def test_an_event_is_stored_once_and_read_back(make):
    webhooks = make()
    first = event(text="hello")
    assert webhooks.submit(first) == 1
    assert webhooks.submit(first, event(text="again")) == 2
    events, last, oldest = webhooks.read()
    assert (last, oldest, len(events)) == (2, 1, 2)
    document = json.loads(events[0][1])
    assert document["id"] == first[0] and document["data"] == {"text": "hello"} and document["sequence"] == 1
    assert document["account"] == "sales" and document["type"] == "message.received"
    assert webhooks.property("LastSequence") == 2
    assert webhooks.read(types=GLib.Variant("as", ["account.*"]))[0] == []


def test_bad_input_has_its_own_error(make):
    webhooks = make()
    assert webhooks.fail("Submit", "(sa(ssxsay)a{sv})", "Sales", [event()], NO_OPTIONS) == "Invalid"
    assert webhooks.fail("Submit", "(sa(ssxsay)a{sv})", "sales", [event()] * 501, NO_OPTIONS) == "TooLarge"
    assert webhooks.fail("Submit", "(sa(ssxsay)a{sv})", "sales", [event(x="y" * 262144)], NO_OPTIONS) == "TooLarge"
    assert webhooks.fail("Submit", "(sa(ssxsay)a{sv})", "sales", [event("nonsense")], NO_OPTIONS) == "Invalid"
    assert webhooks.fail("ReadEvents", "(tua{sv})", 0, 501, NO_OPTIONS) == "Invalid"
    assert webhooks.fail("AddEndpoint", "(sa{sv})", '{"events": []}', NO_OPTIONS) == "Invalid"
    assert webhooks.fail("AddEndpoint", "(sa{sv})", '{"url": "ftp://x/"}', NO_OPTIONS) == "Invalid"
    assert webhooks.fail("GetEndpoint", "(sa{sv})", "none", NO_OPTIONS) == "NotFound"
    assert webhooks.fail("ListDeliveries", "(ssua{sv})", "none", "", 10, NO_OPTIONS) == "NotFound"
    assert webhooks.fail("GetEndpoint", "(sa{sv})", "none", {"typo": GLib.Variant("b", True)}) == "Invalid"


def test_endpoints_live_as_documents(make):
    webhooks = make()
    added = webhooks.add(url="https://example.org/hook", events=["message.*"], accounts=["sales"], headers={"X-Token": "t0k3n"},
                         description="CRM", schedule="standard")
    assert added["secret"].startswith("whsec_") and added["enabled"] is True
    got = json.loads(webhooks.call("GetEndpoint", "(sa{sv})", added["id"], NO_OPTIONS))
    assert got == {key: value for key, value in added.items() if key != "secret"}
    changed = json.loads(webhooks.call("UpdateEndpoint", "(ssa{sv})", added["id"], '{"enabled": false}', NO_OPTIONS))
    assert changed == {**got, "enabled": False}
    webhooks.kill()
    data = b"".join(path.read_bytes() for path in (webhooks.directory / "data").iterdir() if path.is_file())
    assert b"t0k3n" not in data and added["secret"].encode() not in data
    webhooks.start()
    wait_for(lambda: json.loads(webhooks.call("GetEndpoint", "(sa{sv})", added["id"], NO_OPTIONS)) == changed)
    webhooks.call("RemoveEndpoint", "(sa{sv})", added["id"], NO_OPTIONS)
    assert webhooks.fail("RemoveEndpoint", "(sa{sv})", added["id"], NO_OPTIONS) == "NotFound"
    assert json.loads(webhooks.call("ListEndpoints", "(sua{sv})", "", 200, NO_OPTIONS)[0]) == []


def test_endpoints_page_by_cursor(make):
    webhooks = make(config="endpoints_max=3\n")
    ids = [webhooks.add(url="https://example.org/")["id"] for _ in range(3)]
    assert webhooks.fail("AddEndpoint", "(sa{sv})", '{"url": "https://example.org/"}', NO_OPTIONS) == "Full"
    first, cursor = webhooks.call("ListEndpoints", "(sua{sv})", "", 2, NO_OPTIONS)
    second, end = webhooks.call("ListEndpoints", "(sua{sv})", cursor, 2, NO_OPTIONS)
    assert [e["id"] for e in json.loads(first) + json.loads(second)] == ids and end == ""


def test_events_reach_the_receiver_signed_and_in_order(make, receiver):
    webhooks = make()
    endpoint = webhooks.add(url=receiver.url, headers={"x-token": "t"})
    events = [event(n=n) for n in range(20)]
    webhooks.submit(*events)
    wait_for(lambda: len(receiver.requests) == 20)
    assert [document["data"]["n"] for document in receiver.documents()] == list(range(20))
    for headers, body in receiver.requests:
        assert is_signed(headers, body, endpoint["secret"])
        assert headers["content-type"] == "application/json" and headers["x-token"] == "t" and headers["ulak-attempt"] == "1"
    assert [headers["webhook-id"] for headers, _ in receiver.requests] == [one[0] for one in events]
    wait_for(lambda: webhooks.property("Pending") == 0)
    deliveries = webhooks.deliveries(endpoint["id"])
    assert len(deliveries) == 20 and {d["status"] for d in deliveries} == {"delivered"}
    assert deliveries[0]["sequence"] == 20 and deliveries[0]["attempts"][0]["answer"] == "ok"


def test_both_secrets_sign_during_a_rotation(make, receiver):
    webhooks = make()
    endpoint = webhooks.add(url=receiver.url)
    new = webhooks.call("RotateSecret", "(sua{sv})", endpoint["id"], 3600, NO_OPTIONS)
    webhooks.submit(event())
    wait_for(lambda: receiver.requests)
    headers, body = receiver.requests[0]
    assert new != endpoint["secret"] and is_signed(headers, body, new) and is_signed(headers, body, endpoint["secret"])
    newest = webhooks.call("RotateSecret", "(sua{sv})", endpoint["id"], 0, NO_OPTIONS)
    webhooks.submit(event())
    wait_for(lambda: len(receiver.requests) == 2)
    headers, body = receiver.requests[1]
    assert is_signed(headers, body, newest) and not is_signed(headers, body, new)


def test_dead_letters_can_be_replayed(make, receiver):
    webhooks = make(config="attempts=2\n")
    endpoint = webhooks.add(url=receiver.url)
    receiver.status = 500
    webhooks.submit(event(n=1), event(n=2))
    wait_for(lambda: len(webhooks.deliveries(endpoint["id"], status=GLib.Variant("s", "dead"))) == 2)
    dead = webhooks.deliveries(endpoint["id"])
    assert [len(d["attempts"]) for d in dead] == [2, 2] and dead[0]["attempts"][0]["status"] == 500
    assert [document["data"]["n"] for document in receiver.documents()] == [1, 1, 2, 2]
    receiver.status, receiver.requests = 200, []
    assert webhooks.call("Replay", "(sasa{sv})", endpoint["id"], [d["id"] for d in dead], NO_OPTIONS) == 2
    wait_for(lambda: len(receiver.requests) == 2)
    assert [document["data"]["n"] for document in receiver.documents()] == [1, 2]
    wait_for(lambda: webhooks.property("Pending") == 0)
    since = 0
    assert webhooks.call("ReplaySince", "(sxa{sv})", endpoint["id"], since, {"only-failed": GLib.Variant("b", True)}) == 0
    assert webhooks.call("ReplaySince", "(sxa{sv})", endpoint["id"], since, NO_OPTIONS) == 2
    assert webhooks.fail("Replay", "(sasa{sv})", endpoint["id"], [event_id()], NO_OPTIONS) == "NotFound"
    wait_for(lambda: len(receiver.requests) == 4)


def test_gone_disables_the_endpoint_and_tells_the_others(make, receiver):
    webhooks = make()
    other = Receiver()
    gone, told = webhooks.add(url=receiver.url, events=["message.*"]), webhooks.add(url=other.url, events=["endpoint.disabled"])
    receiver.status = 410
    webhooks.submit(event())
    wait_for(lambda: other.requests)
    assert other.documents()[0]["data"]["endpoint"] == gone["id"] and other.documents()[0]["account"] is None
    document = json.loads(webhooks.call("GetEndpoint", "(sa{sv})", gone["id"], NO_OPTIONS))
    assert document["enabled"] is False and "410" in document["disabled_reason"]
    webhooks.submit(event())
    assert webhooks.fail("ReplaySince", "(sxa{sv})", gone["id"], 0, NO_OPTIONS) == "WrongState"
    receiver.status = 200
    changed = json.loads(webhooks.call("UpdateEndpoint", "(ssa{sv})", gone["id"], '{"enabled": true}', NO_OPTIONS))
    assert changed["disabled_reason"] is None
    assert webhooks.call("ReplaySince", "(sxa{sv})", gone["id"], 0, NO_OPTIONS) == 2
    wait_for(lambda: len(receiver.requests) == 3)
    assert told["id"] != gone["id"]
    other.close()


def test_a_test_event_goes_out_at_once_and_is_not_logged(make, receiver):
    webhooks = make()
    endpoint = webhooks.add(url=receiver.url)
    result = json.loads(webhooks.call("Test", "(sa{sv})", endpoint["id"], NO_OPTIONS))
    assert result["delivered"] is True and result["status"] == 200 and result["answer"] == "ok"
    assert receiver.documents()[0]["type"] == "webhook.test" and is_signed(*receiver.requests[0], endpoint["secret"])
    assert webhooks.property("LastSequence") == 0


def test_sigkill_loses_nothing(make, receiver):
    webhooks = make(config="concurrency=8\n")
    endpoint = webhooks.add(url=receiver.url)
    sent = []
    for _ in range(5):
        batch = [event(chat=f"chat{n % 7}", n=n) for n in range(100)]
        webhooks.submit(*batch)
        sent += [one[0] for one in batch]
        webhooks.kill()
        webhooks.start()
    wait_for(lambda: webhooks.property("Pending") == 0, 60)
    got = [headers["webhook-id"] for headers, _ in receiver.requests]
    assert set(got) == set(sent)
    assert len(got) - len(sent) <= 5 * 8, "more repeats than requests could have been in flight"
    firsts = list(dict.fromkeys(got))
    numbers = {one: position for position, one in enumerate(sent)}
    by_id = {headers["webhook-id"]: json.loads(body)["sequence"] for headers, body in receiver.requests}
    chat_of = {one: numbers[one] % 100 % 7 for one in sent}
    for chat in range(7):
        sequences = [by_id[one] for one in firsts if chat_of[one] == chat]
        assert sequences == sorted(sequences)
    assert webhooks.read()[1] == 500
    assert len(webhooks.deliveries(endpoint["id"])) == 200


def test_sigterm_finishes_what_is_in_flight_and_keeps_the_rest(make, receiver):
    webhooks = make(config="concurrency=1\n")
    webhooks.add(url=receiver.url)
    receiver.gate.clear()
    webhooks.submit(event(n=1), event(n=2))
    wait_for(lambda: len(receiver.requests) == 1)
    webhooks.process.send_signal(signal.SIGTERM)
    threading.Timer(0.3, receiver.gate.set).start()
    assert webhooks.process.wait(20) == 0
    assert len(receiver.requests) == 1
    webhooks.start()
    wait_for(lambda: len(receiver.requests) == 2)
    assert [document["data"]["n"] for document in receiver.documents()] == [1, 2]


def test_without_the_master_key_events_are_kept_until_it_is_there(make, receiver):
    webhooks = make()
    endpoint = webhooks.add(url=receiver.url)
    key = webhooks.directory / "credentials" / "ulak-master"
    value = key.read_text()
    webhooks.terminate()
    key.unlink()
    webhooks.start()
    webhooks.submit(event())
    overall, checks = webhooks.call("Health", "(a{sv})", NO_OPTIONS, interface="org.ulak.Service1")
    assert overall == "degraded" and dict((name, status) for name, status, _ in checks)["secrets"] == "degraded"
    assert webhooks.fail("AddEndpoint", "(sa{sv})", json.dumps({"url": receiver.url}), NO_OPTIONS) == "Unavailable"
    assert receiver.requests == []
    key.write_text(value)
    wait_for(lambda: receiver.requests, 30)
    assert is_signed(*receiver.requests[0], endpoint["secret"])


def test_metrics_have_the_promised_names(make, receiver):
    webhooks = make()
    webhooks.add(url=receiver.url)
    webhooks.submit(event())
    wait_for(lambda: webhooks.property("Pending") == 0 and receiver.requests)
    text = webhooks.call("Metrics", "(a{sv})", NO_OPTIONS, interface="org.ulak.Service1")
    assert 'wp_panel_webhook_deliveries_total{event="message.received",outcome="success"} 1' in text
    assert 'wp_panel_webhook_queue_size{accountId="sales"} 0' in text
    assert 'wp_panel_webhook_in_flight{accountId="sales"} 0' in text
    assert "wp_panel_webhook_delivery_duration_seconds_bucket" in text
    assert "\nulak_events_total 1\n" in text and "\nulak_deliveries_pending 0\n" in text and "\nulak_dead_letters_total 0\n" in text
    assert "\nulak_event_log_bytes " in text and '\nulak_store_commits_total{database="webhooks"} ' in text
    assert '\nulak_build_info{program="ulak-webhooks",version="' in text
    run = 'wp_panel_background_job_runs_total{accountId="",job="event_cleanup",outcome="success"} '
    wait_for(lambda: run in webhooks.call("Metrics", "(a{sv})", NO_OPTIONS, interface="org.ulak.Service1"))


def test_the_interface_on_the_bus_is_the_one_in_the_file(make):
    webhooks = make()
    xml = webhooks.call("Introspect", "()", interface="org.freedesktop.DBus.Introspectable")
    live = Gio.DBusNodeInfo.new_for_xml(xml).lookup_interface("org.ulak.Webhooks1")
    file = pathlib.Path(os.environ["ULAK_DBUS_XML"]).read_text()
    written = Gio.DBusNodeInfo.new_for_xml(file).lookup_interface("org.ulak.Webhooks1")
    describe = lambda info: {m.name: ([a.signature for a in m.in_args], [a.signature for a in m.out_args]) for m in info.methods}  # noqa: E731
    assert describe(live) == describe(written)
    assert webhooks.property("Version") == 1
