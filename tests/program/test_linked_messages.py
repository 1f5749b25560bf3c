# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
"""Messages between a linked line, Baileys clients and simulated phones: every content in both directions, compared with what
the other side says it saw."""

import pytest

from tests.program.linked import ANNA, SALES, failures_of_ours, lid, open_world, pn, reason_to_skip, says

pytestmark = pytest.mark.skipif(reason_to_skip() is not None, reason=str(reason_to_skip()))


@pytest.fixture(scope="module")
def shared():
    with open_world() as world:
        yield world


@pytest.fixture
def world(shared):
    shared.double.control("journal", method="DELETE")
    yield shared
    shared.double.control("faults", method="DELETE")
    shared.check()


def test_a_message_becomes_a_webhook_and_the_reply_reaches_the_client(world):
    sent = world.anna.call("sendText", to=pn(SALES), text="Are you open? ☕", wait="ack")
    event = world.wait_event("message.received", network_id=sent["id"])
    message, contact = event["data"]["message"], event["data"]["contact"]
    assert (event["account"], message["type"], message["text"], message["from_me"]) == ("sales", "text", "Are you open? ☕", False)
    assert (message["chat"], message["from"], message["status"]) == (ANNA, ANNA, "received")
    assert (contact["phone"], contact["name"]) == (ANNA, "Anna")
    reply = world.line.send(message["chat"], text="Until six 🙂", reply_to=message["id"])
    got = world.anna.wait("message", where=says("Until six 🙂"))
    context = got["message"]["extendedTextMessage"]["contextInfo"]
    assert got["key"]["id"] == reply["network_id"] and context["stanzaId"] == sent["id"]
    world.line.wait_status(reply["id"], "delivered")
    assert world.wait_inbox(ANNA, network_id=reply["network_id"])["text"] == "Until six 🙂"
    assert failures_of_ours(world) == []
