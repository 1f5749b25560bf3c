# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""A cloud line on the bus: what WhatsAppCloud1.Receive takes, refuses and stores once, and the states that Graph's answers make."""

import json

import pytest
from gi.repository import Gio, GLib

from tests.peers.graph import wire
from tests.program.suite import PHONE_NUMBER_ID, wait_for

NUMBER = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
RECEIVED_US = 1764059400000000
CONFIG = {"whatsapp": {"graph_timeout_ms": "1000", "unknown_wait_ms": "1000", "send_backoff_ms": "100"}}


@pytest.fixture(scope="module")
def line(suite, graph, receiver):
    graph.aim(suite.add_cloud_account("sales"))
    endpoint = suite.add_webhook(f"{receiver.url}/hook")
    receiver.trust(endpoint["secret"])
    return endpoint


def receive(suite, body, options=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    parameters = GLib.Variant("(ayxa{sv})", (data, RECEIVED_US, options or {}))
    suite.connection.call_sync("org.ulak.Account.sales", "/org/ulak/account/sales", "org.ulak.WhatsAppCloud1", "Receive",
                               parameters, None, Gio.DBusCallFlags.NONE, 20000, None)


def refusal(suite, body, options=None):
    with pytest.raises(GLib.Error) as caught:
        receive(suite, body, options)
    return Gio.DBusError.get_remote_error(caught.value)


def state(suite):
    return suite.get("/api/v1/accounts/sales")[1]["state"]


def events(receiver, kind):
    return [e["event"] for e in receiver.events() if e["event"]["type"] == kind and e["status"] == 200]


@pytest.mark.parametrize("body", [b"", b"nothing", b"[]", b"{}", b'{"object":"page"}'])
def test_what_is_no_callback_is_invalid(suite, line, body):
    assert refusal(suite, body) == "org.ulak.Error.Invalid"


def test_deep_nesting_is_refused_and_the_line_lives_on(suite, line):
    assert refusal(suite, b'{"object":' + b"[" * 200000) == "org.ulak.Error.TooLarge"
    receive(suite, wire.callback("1", []))


def test_an_unknown_option_is_invalid(suite, line):
    assert refusal(suite, wire.callback("1", []), {"colour": GLib.Variant("s", "red")}) == "org.ulak.Error.Invalid"


def test_other_numbers_are_left_out_and_ours_is_stored(suite, receiver, line):
    ours, theirs = wire.text_message("905320000001", "ours"), wire.text_message("905320000002", "theirs")
    receive(suite, wire.callback("1", [wire.value_of_messages({**NUMBER, "phone_number_id": "999"}, [theirs], []),
                                       wire.value_of_messages(NUMBER, [ours], [wire.contact("905320000001", "A")])]))
    wait_for(lambda: [e for e in events(receiver, "message.received") if e["data"]["message"]["network_id"] == ours["id"]])
    assert suite.get(f"/api/v1/accounts/sales/messages/{theirs['id']}")[0] == 404


def test_an_account_event_that_is_repeated_is_told_once(suite, receiver, line):
    body = {"object": "whatsapp_business_account",
            "entry": [{"id": "1", "time": 1739321024, "changes": [{"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}}]}]}
    marker = wire.text_message("905320000003", "after")
    receive(suite, body)
    receive(suite, body)
    receive(suite, wire.callback("1", [wire.value_of_messages(NUMBER, [marker], [])]))
    wait_for(lambda: [e for e in events(receiver, "message.received") if e["data"]["message"]["network_id"] == marker["id"]])
    found = wait_for(lambda: events(receiver, "account.updated"))
    assert [e["data"] for e in found] == [{"field": "account_update", "waba_id": "1", "value": {"event": "VERIFIED_ACCOUNT"}}]


def test_a_success_that_names_no_message_is_unknown_and_sent_again_after_the_wait(suite, graph, line):
    graph.control("faults", {"method": "POST", "path": f"/v23.0/{PHONE_NUMBER_ID}/messages", "status": 200, "body": "{\"messages\":"})
    _, answer, _ = suite.post("/api/v1/accounts/sales/messages", {"to": "905320000004", "text": "unclear"})
    stored = wait_for(lambda: (m := suite.get(f"/api/v1/accounts/sales/messages/{answer['id']}")[1])["status"] != "pending" and m)
    assert stored["status"] in ("unknown", "sent", "delivered", "read")
    wait_for(lambda: suite.get(f"/api/v1/accounts/sales/messages/{answer['id']}")[1]["status"] == "read")
    marks = [m["message"].get("biz_opaque_callback_data") for m in graph.state()["accepted"]]
    assert marks.count(answer["id"]) == 1


def test_a_locked_account_is_banned_and_the_message_says_why(suite, graph, line):
    graph.control("faults", {"method": "POST", "path": f"/v23.0/{PHONE_NUMBER_ID}/messages", "status": 403,
                             "body": wire.error(131031, "Account has been locked", 403)[1]})
    _, answer, _ = suite.post("/api/v1/accounts/sales/messages", {"to": "905320000005", "text": "locked"})
    wait_for(lambda: state(suite) == "banned", describe="banned")
    stored = wait_for(lambda: (m := suite.get(f"/api/v1/accounts/sales/messages/{answer['id']}")[1])["status"] == "failed" and m)
    assert (stored["error"]["code"], stored["error"]["original_code"]) == ("E_WA_ACCOUNT_LOCKED", 131031)
