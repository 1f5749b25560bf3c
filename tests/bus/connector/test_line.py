# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A whole line, over a network that answers as told, on a private bus with stand-ins of ulak-api and ulak-webhooks."""
import json
import os
import pathlib
import re
import secrets
import subprocess
import threading
import time
import uuid

import gi
import pytest

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

PROGRAM = os.environ["ULAK_TEST_LINE"]
XML = pathlib.Path(os.environ["ULAK_DBUS_XML"])
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>"""
DOCUMENT = {"id": "sales", "network": "whatsapp", "backend": "fake", "name": "Sales", "wanted": True, "settings": {}}
NO_OPTIONS = {}


@pytest.fixture(scope="session", autouse=True)
def main_loop():
    loop = GLib.MainLoop()
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    yield
    loop.quit()
    thread.join()


def wait_for(what, seconds=20, describe="condition"):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{describe} not reached in {seconds} s")


def message_id():
    ms = int(time.time() * 1000)
    return str(uuid.UUID(int=ms << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)))


class Peer:
    """A stand-in for a service: owns its name on a connection of its own, so that it can die like a process."""

    def __init__(self, address, interface, path):
        self.address, self.interface, self.path = address, interface, path
        text = (XML / f"{interface}.xml").read_text()
        self.info = Gio.DBusNodeInfo.new_for_xml(text).lookup_interface(interface)
        self.connection = None

    def start(self):
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.connection = Gio.DBusConnection.new_for_address_sync(self.address, flags, None, None)
        self.connection.set_exit_on_close(False)
        self.connection.register_object(self.path, self.info, self.called, None, None)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                  GLib.Variant("(su)", (self.interface, 4)), None, 0, 5000, None)

    def die(self):
        if self.connection is not None:
            self.connection.close_sync(None)
        self.connection = None

    def called(self, _connection, _sender, _path, _interface, method, parameters, invocation):
        getattr(self, method)(invocation, *parameters.unpack())


class Api(Peer):
    def __init__(self, address):
        super().__init__(address, "org.ulak.Api1", "/org/ulak/api")
        self.document = dict(DOCUMENT)

    def GetAccount(self, invocation, account, _options):
        if account != self.document["id"]:
            invocation.return_dbus_error("org.ulak.Error.NotFound", "There is no such account")
        else:
            invocation.return_value(GLib.Variant("(s)", (json.dumps(self.document),)))


class Webhooks(Peer):
    def __init__(self, address):
        super().__init__(address, "org.ulak.Webhooks1", "/org/ulak/webhooks")
        self.events, self.submits, self.error, self.dies = {}, [], None, False

    def Submit(self, invocation, account, events, _options):
        self.submits.append([event[0] for event in events])
        if self.error is not None:
            invocation.return_dbus_error(f"org.ulak.Error.{self.error}", "No more")
            return
        for identity, kind, timestamp_us, chat, data in events:
            self.events[identity] = {"account": account, "type": kind, "timestamp_us": timestamp_us, "chat": chat,
                                     "data": json.loads(bytes(data))}
        if self.dies:  # committed, and gone before the reply
            self.dies = False
            self.die()
            return
        invocation.return_value(GLib.Variant("(t)", (len(self.events),)))

    def types(self, chat=None):
        return [event["type"] for event in list(self.events.values()) if chat is None or event["chat"] == chat]


class Line:
    def __init__(self, directory, with_api=True):
        self.directory = directory
        for name in ("data", "run"):
            (directory / name).mkdir()
        (directory / "ulak.conf").write_text("[whatsapp]\nunknown_wait_ms=500\n")
        socket = directory / "bus"
        (directory / "bus.conf").write_text(BUS_CONFIG.format(socket=socket))
        self.bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", "--print-address", f"--config-file={directory / 'bus.conf'}"],
                                    stdout=subprocess.PIPE)
        assert self.bus.stdout.readline()  # it says so once it listens
        self.address = f"unix:path={socket}"
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.connection = Gio.DBusConnection.new_for_address_sync(self.address, flags, None, None)
        self.api, self.webhooks = Api(self.address), Webhooks(self.address)
        if with_api:
            self.api.start()
        self.webhooks.start()
        self.process = None

    def log(self):
        return (self.directory / "log").read_text()

    def spawn(self):
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self.address, "DBUS_SESSION_BUS_ADDRESS": self.address,
                       "DATA_DIR": str(self.directory / "data"), "RUNTIME_DIRECTORY": str(self.directory / "run"),
                       "G_DEBUG": "fatal-criticals"}
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "--config", str(self.directory / "ulak.conf"), "sales"], env=environment,
                                            stderr=log, stdout=log)

    def start(self):
        self.spawn()
        wait_for(lambda: self.is_owned() and self.property("State") == "ready", describe="a ready line")

    def is_owned(self):
        assert self.process.poll() is None, self.log()
        return self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                                         GLib.Variant("(s)", ("org.ulak.Account.sales",)), None, 0, 5000, None).unpack()[0]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0, self.log()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self.api.die()
        self.webhooks.die()
        self.bus.terminate()
        self.bus.wait()

    def call(self, method, signature, *arguments, interface="org.ulak.Account1"):
        reply = self.connection.call_sync("org.ulak.Account.sales", "/org/ulak/account/sales", interface, method,
                                          GLib.Variant(signature, arguments), None, Gio.DBusCallFlags.NONE, 20000, None).unpack()
        return reply[0] if len(reply) == 1 else reply

    def fail(self, *arguments):
        with pytest.raises(GLib.Error) as caught:
            self.call(*arguments)
        return Gio.DBusError.get_remote_error(caught.value).removeprefix("org.ulak.Error."), caught.value.message

    def property(self, name):
        return self.call("Get", "(ss)", "org.ulak.Account1", name, interface="org.freedesktop.DBus.Properties")

    def send(self, document, identity=None):
        identity = identity or message_id()
        return identity, self.call("Send", "(ssa{sv})", identity, json.dumps(document), NO_OPTIONS)

    def get(self, identity):
        return json.loads(self.call("GetMessage", "(sa{sv})", identity, NO_OPTIONS))

    def upload(self, content, mime_type, file_name=""):
        read, write = os.pipe()
        os.write(write, content)
        os.close(write)
        fds = Gio.UnixFDList.new_from_array([read])
        reply, _fds = self.connection.call_with_unix_fd_list_sync(
            "org.ulak.Account.sales", "/org/ulak/account/sales", "org.ulak.Account1", "UploadMedia",
            GLib.Variant("(hssa{sv})", (0, mime_type, file_name, NO_OPTIONS)), None, Gio.DBusCallFlags.NONE, 20000, fds, None)
        return reply.unpack()[0]

    def open_media(self, media_id):
        reply, fds = self.connection.call_with_unix_fd_list_sync(
            "org.ulak.Account.sales", "/org/ulak/account/sales", "org.ulak.Account1", "OpenMedia",
            GLib.Variant("(sa{sv})", (media_id, NO_OPTIONS)), None, Gio.DBusCallFlags.NONE, 20000, None, None)
        with open(fds.get(0), "rb") as file:
            return file.read(), reply.unpack()[1]


@pytest.fixture
def line(tmp_path):
    line = Line(tmp_path)
    yield line
    line.close()


@pytest.fixture
def ready(line):
    line.start()
    return line


def text(body="Hello", to="905321112233"):
    return {"to": to, "text": body}


def test_a_message_leaves_and_its_event_reaches_the_log(ready):
    identity, status = ready.send(text())
    assert status == "pending"
    wait_for(lambda: "message.sent" in ready.webhooks.types("905321112233"))
    message = ready.get(identity)
    assert message["status"] == "sent" and message["network_id"] and message["text"] == "Hello"
    event = next(e for e in ready.webhooks.events.values() if e["type"] == "message.sent")
    assert event["account"] == "sales" and event["data"]["message"]["id"] == identity
    assert ready.property("QueueDepth") == 0
    chats, end = ready.call("ListChats", "(sua{sv})", "", 10, NO_OPTIONS)
    assert json.loads(chats)[0]["id"] == "905321112233" and end == ""
    messages, _next = ready.call("ListMessages", "(ssua{sv})", "905321112233", "", 10, NO_OPTIONS)
    assert json.loads(messages)[0]["id"] == identity


def test_the_same_id_again_is_harmless_and_another_message_under_it_a_conflict(ready):
    identity, _status = ready.send(text())
    wait_for(lambda: ready.get(identity)["status"] == "sent")
    assert ready.send(text(), identity)[1] == "sent"
    assert ready.fail("Send", "(ssa{sv})", identity, json.dumps(text("Other")), NO_OPTIONS)[0] == "Conflict"


def test_a_bad_document_is_answered_with_every_fault(ready):
    code, sentence = ready.fail("Send", "(ssa{sv})", "x", json.dumps({"to": "12", "text": "", "colour": "red"}), NO_OPTIONS)
    assert code == "Invalid"
    for path in ("id: ", "to: ", "text: ", "colour: "):
        assert re.search(f"(^|\n|: ){path}", sentence), sentence


def test_a_page_has_one_to_two_hundred_rows(ready):
    assert ready.fail("ListChats", "(sua{sv})", "", 0, NO_OPTIONS)[0] == "Invalid"
    assert ready.fail("ListChats", "(sua{sv})", "", 201, NO_OPTIONS)[0] == "Invalid"
    assert ready.fail("ListMessages", "(ssua{sv})", "905", "", 10, NO_OPTIONS)[0] == "NotFound"


def test_events_wait_while_the_log_is_away_and_arrive_once_in_order(ready):
    wait_for(lambda: ready.webhooks.types().count("account.state") == 2)
    ready.webhooks.die()
    for n in range(5):
        ready.send(text(str(n)))
    ready.webhooks.start()
    wait_for(lambda: ready.webhooks.types("905321112233").count("message.sent") == 5)
    bodies = [e["data"]["message"]["text"] for e in ready.webhooks.events.values() if e["type"] == "message.sent"]
    assert bodies == ["0", "1", "2", "3", "4"]


def test_a_log_that_dies_after_its_commit_gets_the_batch_again(ready):
    wait_for(lambda: ready.webhooks.types().count("account.state") == 2)
    ready.webhooks.dies = True
    identity, _status = ready.send(text())
    wait_for(lambda: not ready.webhooks.dies and ready.webhooks.connection is None)
    first = list(ready.webhooks.submits[-1])
    ready.webhooks.start()
    after = ready.webhooks.submits.index(first) + 1
    wait_for(lambda: any(set(first) <= set(again) for again in ready.webhooks.submits[after:]), describe="the same ids again")
    assert len([e for e in ready.webhooks.events.values() if e["data"].get("message", {}).get("id") == identity]) == 1


def test_a_full_log_pushes_back(ready):
    wait_for(lambda: ready.webhooks.types().count("account.state") == 2)
    ready.webhooks.error = "Full"
    identity, _status = ready.send(text())
    wait_for(lambda: ready.get(identity)["status"] == "sent")
    overall, checks = ready.call("Health", "(a{sv})", NO_OPTIONS, interface="org.ulak.Service1")
    wait_for(lambda: dict((c[0], c[1]) for c in ready.call("Health", "(a{sv})", NO_OPTIONS, interface="org.ulak.Service1")[1])["outbox"]
             == "degraded", describe="a degraded outbox")
    ready.webhooks.error = None
    wait_for(lambda: "message.sent" in ready.webhooks.types("905321112233"))


def test_a_killed_line_keeps_what_it_accepted(ready):
    ready.webhooks.die()
    sent = [ready.send(text(str(n), to=f"90532111{n:04}"))[0] for n in range(20)]
    ready.kill()
    ready.webhooks.start()
    ready.start()
    for identity in sent:
        wait_for(lambda identity=identity: ready.get(identity)["status"] == "sent")
    wait_for(lambda: ready.webhooks.types().count("message.sent") == 20)


def test_a_line_starts_without_the_api_once_it_knows_its_account(line):
    line.start()
    line.stop()
    line.api.die()
    line.start()
    assert "starting with the account as it was known last" in line.log()


def test_a_line_that_nobody_knows_does_not_start_and_says_what_to_do(tmp_path):
    line = Line(tmp_path, with_api=False)
    try:
        line.spawn()
        assert line.process.wait(20) != 0
        assert "start ulak-api.service" in line.log()
    finally:
        line.close()


def test_an_account_that_is_gone_does_not_start(line):
    line.api.document["id"] = "other"
    line.spawn()
    assert line.process.wait(20) != 0
    assert "There is no account" in line.log()


def test_settings_persist_and_bad_ones_change_nothing(ready):
    settings = json.loads(ready.call("SetSettings", "(sa{sv})", json.dumps({"ghost_mode": True, "pair_burst": 3}), NO_OPTIONS))
    assert settings["ghost_mode"] is True and settings["pair_burst"] == 3 and settings["rate_per_second"] == 80
    code, sentence = ready.fail("SetSettings", "(sa{sv})", json.dumps({"pair_burst": 5, "rate_per_second": 0, "nope": 1}), NO_OPTIONS)
    assert code == "Invalid" and "rate_per_second: " in sentence and "nope: " in sentence
    ready.stop()
    ready.start()
    settings = json.loads(ready.call("GetSettings", "(a{sv})", NO_OPTIONS))
    assert settings["ghost_mode"] is True and settings["pair_burst"] == 3
    settings = json.loads(ready.call("SetSettings", "(sa{sv})", json.dumps({"pair_burst": None}), NO_OPTIONS))
    assert settings["pair_burst"] == 45


def test_an_upload_is_checked_kept_and_read_back(ready):
    png = b"\x89PNG\r\n\x1a\n" + secrets.token_bytes(70000 - 8)
    media_id = None
    # a pipe holds 64 KiB: write from a thread
    read, write = os.pipe()

    def feed():
        with os.fdopen(write, "wb") as file:
            file.write(png)
    feeder = threading.Thread(target=feed)
    feeder.start()
    reply, _fds = ready.connection.call_with_unix_fd_list_sync(
        "org.ulak.Account.sales", "/org/ulak/account/sales", "org.ulak.Account1", "UploadMedia",
        GLib.Variant("(hssa{sv})", (0, "image/png", "a.png", NO_OPTIONS)), None, Gio.DBusCallFlags.NONE, 20000,
        Gio.UnixFDList.new_from_array([read]), None)
    feeder.join()
    media_id = reply.unpack()[0]
    content, attributes = ready.open_media(media_id)
    assert content == png and attributes["mime-type"] == "image/png" and attributes["size-bytes"] == len(png)
    identity, _status = ready.send({"to": "905321112233", "image": {"media_id": media_id, "caption": "Look"}})
    message = ready.get(identity)
    assert message["type"] == "image" and message["text"] == "Look" and message["media"]["sha256"] == attributes["sha256"]


def test_an_upload_that_is_not_what_it_says_is_refused_and_leaves_no_file(ready):
    with pytest.raises(GLib.Error) as caught:
        ready.upload(b"hello, I am text", "image/png")
    assert "org.ulak.Error.Invalid" in caught.value.message
    folder = ready.directory / "data/accounts/sales/media"
    assert list(folder.iterdir()) == []


def test_reconfigure_is_kept_and_another_backend_refused(ready):
    ready.call("Reconfigure", "(sa{sv})", json.dumps({**DOCUMENT, "name": "New"}), NO_OPTIONS)
    assert ready.fail("Reconfigure", "(sa{sv})", json.dumps({**DOCUMENT, "backend": "other"}), NO_OPTIONS)[0] == "WrongState"
    assert ready.fail("Reconfigure", "(sa{sv})", json.dumps({**DOCUMENT, "id": "other"}), NO_OPTIONS)[0] == "Invalid"


def test_a_stop_is_clean_and_told(ready):
    ready.stop()
    states = [e["data"]["state"] for e in ready.webhooks.events.values() if e["type"] == "account.state"]
    assert states == ["starting", "ready", "stopped"]


def test_what_the_fake_network_cannot_do_is_unsupported(ready):
    assert ready.fail("Link", "(ssa{sv})", "qr", "", NO_OPTIONS)[0] == "Unsupported"
    assert ready.fail("Logout", "(a{sv})", NO_OPTIONS)[0] == "Unsupported"
    assert ready.fail("MarkRead", "(sba{sv})", message_id(), False, NO_OPTIONS)[0] == "NotFound"


def test_metrics_name_the_line(ready):
    ready.send(text())
    wait_for(lambda: "message.sent" in ready.webhooks.types("905321112233"))
    metrics = ready.call("Metrics", "(a{sv})", NO_OPTIONS, interface="org.ulak.Service1")
    assert 'ulak_line_state{account="sales",state="ready"} 1' in metrics
    assert 'wp_panel_message_pipeline_messages_total{direction="outgoing"} 1' in metrics
